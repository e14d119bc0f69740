"""The outgoing client sends messages of any size and content whole, and nobody waits for that."""

import asyncio

import pytest

from mailgauge.base.clock import SystemClock
from mailgauge.base.tasks import Supervisor
from mailgauge.mail.status import Reply
from mailgauge.smtp.client import Connections, Destination, Tls
from mailgauge.smtp.connection import data_of
from tests.smtp.peer import MESSAGE, Peer, listening


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        (b"", b"\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b"a\r\n.\r\n.\r\n..b\r\n", b"a\r\n..\r\n..\r\n...b\r\n.\r\n"),
        (b"a\n.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"no.dot. here", b"no.dot. here\r\n.\r\n"),
    ],
)
def test_no_line_of_a_message_can_end_it(message: bytes, sent: bytes) -> None:
    assert data_of(message) == sent


async def test_an_answer_that_comes_at_once_or_before_the_end_is_heard(connections: Connections) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.example.org\r\n")
        while line := await reader.readline():
            writer.write(b"354 go on\r\n" if line == b"DATA\r\n" else b"250 ok\r\n")
            if line == b"DATA\r\n":
                await reader.read(1)
                writer.write(b"552 5.3.4 too much\r\n")
                while not (await reader.readline()).endswith(b".\r\n"):
                    pass
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    destination = Destination("127.0.0.1", listener.sockets[0].getsockname()[1], Tls.OFF)
    for content in (b"x\r\n", (b"x" * 998 + b"\r\n") * 5_000):
        sending = connections.send(destination, "s@example.com", ["a@x.org"], content)
        outcome = await asyncio.wait_for(sending, 60)
        assert outcome.replies == {"a@x.org": Reply(552, "5.3.4", "too much")}
    listener.close()


async def test_many_small_messages_at_once_are_all_answered(connections: Connections) -> None:
    async with listening(Peer({})) as destination:
        sends = [connections.send(destination, "s@example.com", ["a@x.org"], MESSAGE) for _ in range(200)]
        for outcome in await asyncio.wait_for(asyncio.gather(*sends), 60):
            assert outcome.accepted == ["a@x.org"]


async def test_a_large_message_arrives_whole_and_nobody_waits_for_it() -> None:
    message = b"Subject: large\r\n\r\n" + b".0123456789abcdef\r\n" * 1_000_000
    taken: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # It looks at the message when that is all there: what it costs here is not to be measured.
        writer.write(b"220 mx.example.org\r\n")
        while line := await reader.readline():
            writer.write(b"354 go on\r\n" if line == b"DATA\r\n" else b"250 ok\r\n")
            if line == b"DATA\r\n":
                while not (taken and taken[-1].endswith(b"\r\n.\r\n")):
                    taken.append(await reader.read(65_536))
                writer.write(b"250 2.0.0 queued\r\n")
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    destination = Destination("127.0.0.1", listener.sockets[0].getsockname()[1], Tls.OFF)
    made = Connections(SystemClock(), "out.example.com")
    stalls: list[float] = []
    tasks = Supervisor()
    tasks.spawn("stalls", _stalls(stalls))
    outcome = await made.send(destination, "s@example.com", ["a@x.org"], message)
    await tasks.close()
    await made.close()
    listener.close()
    assert outcome.accepted == ["a@x.org"]
    assert b"".join(taken) == message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    assert max(stalls) < 0.25


async def _stalls(found: list[float]) -> None:
    """How long the loop did not come round, again and again."""
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(0)
        found.append(loop.time() - before)
