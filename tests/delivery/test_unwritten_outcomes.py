"""What came of an attempt is kept until the store takes it: nobody gets a message again because a disk was full."""

from collections.abc import Callable

import apsw
import pytest

from mailgauge.delivery import outcomes, queue, recording
from mailgauge.delivery.outcomes import Resolution
from mailgauge.delivery.row import Row
from mailgauge.events.kinds import Kind
from mailgauge.smtp.server import Envelope
from tests.delivery.world import Receiver, World, receiving, route


def failing(times: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The store fails so often; what was tried."""
    tried: list[str] = []
    resolve: Callable[..., Resolution] = outcomes.resolve

    def fail(*arguments: object) -> Resolution:
        tried.append("commit")
        if len(tried) <= times:
            raise apsw.FullError("database or disk is full")
        return resolve(*arguments)

    monkeypatch.setattr(outcomes, "resolve", fail)
    return tried


async def test_an_outcome_is_written_when_the_disk_has_room_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "AGAIN", 0.01)
    tried = failing(3, monkeypatch)
    await world.enqueue("a@example.com")
    [entry] = await world.deliver()
    assert entry.kind is Kind.DELIVERY
    # A unit that fails alone is tried alone, and again.
    assert len(tried) == 4
    assert len(world.receiver.messages) == 1


async def test_what_is_written_of_an_attempt_stays_so_where_the_rest_can_not_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Few(Receiver):
        async def on_rcpt(self, envelope: Envelope, address: str) -> str:
            return "250 ok" if not envelope.recipients else "452 4.5.3 Too many recipients"

    few = Few()
    resolve: Callable[..., Resolution] = outcomes.resolve

    def fail(rows: list[Row], *arguments: object) -> Resolution:
        if rows[0].recipient != "a@one.example":
            raise apsw.FullError("database or disk is full")
        return resolve(rows, *arguments)

    monkeypatch.setattr(outcomes, "resolve", fail)
    monkeypatch.setattr(recording, "AGAIN", 1000.0)
    async with receiving(few, "127.0.0.2") as there:
        world.to(one=route("mx", there))
        message_id = await world.enqueue("a@one.example", "b@one.example")
        [entry] = await world.deliver()
    assert (entry.kind, entry.recipients) == (Kind.DELIVERY, ["a@one.example"])
    [left] = await world.store.read(lambda tx: queue.of_message(tx, message_id))
    assert (left.recipient, left.attempts) == ("b@one.example", 1)
