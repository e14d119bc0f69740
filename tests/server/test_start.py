"""What a start finds after `kill -9`, and puts in order."""

from contextlib import AsyncExitStack
from pathlib import Path

from mailgauge.base.ids import new_message_id
from mailgauge.delivery import contents
from mailgauge.store.transaction import Tx
from tests.server.room import open_room, prepare_set


def kept(tx: Tx) -> int:
    [(count,)] = tx.run("SELECT count(DISTINCT message) FROM content")
    return int(count)


async def test_pieces_of_a_message_that_was_never_accepted_go_at_the_next_start(tmp_path: Path) -> None:
    async with AsyncExitStack() as running:
        room = await open_room(tmp_path, running)
        await prepare_set(room)
        await room.send("kept@example.net")
        await room.send("defer@simulator.amazonses.com")
        await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE attempts = 1"))
        torn = new_message_id("us-east-1", room.clock.now())
        await room.storage.mail.write(lambda tx: contents.put_piece(tx, torn, 0, b"x"))
        assert await room.storage.mail.read(kept) == 3
    async with AsyncExitStack() as running:
        room = await open_room(tmp_path, running)
        assert await room.storage.mail.read(kept) == 2, "delivered and queued mail keeps its content"
        room.clock.step(5)
        await room.publish()
        assert room.audit().agrees


async def test_a_lease_of_the_process_before_holds_nothing_up(tmp_path: Path) -> None:
    async with AsyncExitStack() as running:
        room = await open_room(tmp_path, running)
        await prepare_set(room)
        await room.send("defer@simulator.amazonses.com")
        await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE attempts = 1"))
        await room.storage.mail.write(lambda tx: tx.run("UPDATE queue SET leased = 9000000000000, due = 0"))
    async with AsyncExitStack() as running:
        room = await open_room(tmp_path, running)
        # The simulator's memory is gone with its process: it defers this mailbox again, so that the attempt shows.
        await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE attempts = 2"))
