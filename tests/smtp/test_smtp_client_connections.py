"""The outgoing client keeps its connections, as many as it may have, and sends commands together where that is taken."""

import asyncio

import pytest

from mailgauge.base.clock import SystemClock
from mailgauge.mail.status import Reply
from mailgauge.smtp.client import Connections
from tests.smtp.peer import MESSAGE, Peer, listening


async def test_messages_share_a_connection(connections: Connections) -> None:
    peer = Peer({})
    async with listening(peer) as destination:
        first = await connections.send(destination, "", ["a@x.org"], MESSAGE)
        second = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert (first.reused_connection, second.reused_connection, peer.connections) == (False, True, 1)
    assert second.accepted


class Leaving(Peer):
    """Takes one message on its first connection; the second MAIL there gets ``goodbye``."""

    goodbye: str | None = None

    def _answer(self, line: str) -> str | None:
        if self.connections == 1 and line.startswith("MAIL FROM:<second@"):
            return self.goodbye
        return super()._answer(line)


@pytest.mark.parametrize("goodbye", [None, "421 4.4.2 idle too long"])
async def test_a_connection_that_ended_meanwhile_costs_nothing(
    connections: Connections, goodbye: str | None
) -> None:
    peer = Leaving({})
    peer.goodbye = goodbye
    async with listening(peer) as destination:
        await connections.send(destination, "first@example.com", ["a@x.org"], MESSAGE)
        outcome = await connections.send(destination, "second@example.com", ["a@x.org"], MESSAGE)
    assert outcome.accepted == ["a@x.org"]
    assert peer.connections == 2


async def test_a_refused_transaction_leaves_the_connection_usable(connections: Connections) -> None:
    peer = Peer({"RCPT TO:<b@": "550 no", "MAIL FROM:<bad@": "553 5.1.8 no such sender"})
    async with listening(peer) as destination:
        refused = await connections.send(destination, "bad@example.com", ["a@x.org"], MESSAGE)
        nobody = await connections.send(destination, "", ["b@x.org"], MESSAGE)
        accepted = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert refused.replies == {"a@x.org": Reply(553, "5.1.8", "no such sender")}
    assert nobody.replies == {"b@x.org": Reply(550, None, "no")}
    assert accepted.accepted
    assert peer.connections == 1


async def test_one_destination_gets_only_so_many_connections() -> None:
    few = Connections(SystemClock(), "out.example.com", most_per_destination=2)
    peer = Peer({})
    async with listening(peer) as destination:
        outcomes = await asyncio.gather(*(few.send(destination, "", ["a@x.org"], MESSAGE) for _ in range(20)))
        await few.close()
    assert all(outcome.accepted for outcome in outcomes)
    assert peer.connections == 2


async def test_idle_connections_are_closed() -> None:
    brief = Connections(SystemClock(), "out.example.com", idle_seconds=0.01)
    ended = asyncio.Event()

    class Watching(Peer):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await super().serve(reader, writer)
            ended.set()

    async with listening(Watching({})) as destination:
        await brief.send(destination, "", ["a@x.org"], MESSAGE)
        await asyncio.wait_for(ended.wait(), 60)
    assert brief._sites == {}


class Pipelining(Peer):
    """Reads all that comes before it answers, and answers all of it at once."""

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.example.org ESMTP\r\n")
        while got := await reader.read(65_536):
            answers: list[str] = []
            for line in got.decode().splitlines():
                self.heard.append(line)
                answers.append(self._answer(line) or "221 bye")
            writer.write("".join(f"{answer}\r\n" for answer in answers).encode())
            if answers[-1].startswith("354"):
                self.content = await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 2.0.0 queued\r\n")


PIPELINES = {"EHLO": "250-mx.example.org\r\n250 PIPELINING"}


async def test_commands_go_together_where_the_server_takes_that(connections: Connections) -> None:
    peer = Pipelining({**PIPELINES, "RCPT TO:<b@": "550 5.1.1 no"})
    async with listening(peer) as destination:
        for _ in range(2):
            outcome = await connections.send(destination, "s@example.com", ["a@x.org", "b@x.org"], MESSAGE)
            assert outcome.replies == {
                "a@x.org": Reply(250, "2.0.0", "queued"),
                "b@x.org": Reply(550, "5.1.1", "no"),
            }
    assert outcome.transcript[1:5] == [
        "C: MAIL FROM:<s@example.com>",
        "C: RCPT TO:<a@x.org>",
        "C: RCPT TO:<b@x.org>",
        f"C: DATA ({len(MESSAGE)} bytes)",
    ]
    assert peer.content == b"Subject: hi\r\n\r\nhello\r\n..leading dot\r\n.\r\n"


@pytest.mark.parametrize(
    "refusal",
    [
        {"MAIL": "550 5.7.1 no", "RCPT": "503 5.5.1 first MAIL", "DATA": "503 5.5.1 first RCPT"},
        {"RCPT": "550 5.7.1 no", "DATA": "554 5.5.1 no valid recipients"},
    ],
)
async def test_a_refusal_among_commands_that_went_together_leaves_the_connection_usable(
    connections: Connections, refusal: dict[str, str | None]
) -> None:
    peer = Pipelining({**PIPELINES, **refusal})
    async with listening(peer) as destination:
        refused = await connections.send(destination, "", ["a@x.org", "b@x.org"], MESSAGE)
        assert {reply.line for reply in refused.replies.values()} == {"550 5.7.1 no"}
        for command in refusal:
            del peer.answers[command]
        again = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert (again.accepted, again.reused_connection) == (["a@x.org"], True)


async def test_a_server_that_asks_for_content_for_nobody_gets_none(connections: Connections) -> None:
    peer = Pipelining({**PIPELINES, "RCPT": "550 5.1.1 no"})
    async with listening(peer) as destination:
        outcome = await connections.send(destination, "", ["a@x.org"], MESSAGE)
        assert outcome.replies == {"a@x.org": Reply(550, "5.1.1", "no")}
        again = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert not again.reused_connection
    assert peer.content == b""
