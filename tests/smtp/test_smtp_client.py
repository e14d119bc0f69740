"""The outgoing client tells exactly what a server said, per recipient, and keeps its connections."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable

import aiosmtplib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.clock import SystemClock
from mailgauge.base.tasks import Supervisor
from mailgauge.mail.status import Reply
from mailgauge.smtp.client import Connections, Destination, Failure, Timeouts, Tls
from mailgauge.smtp.connection import data_of
from mailgauge.smtp.replies import Replies

MESSAGE = b"Subject: hi\r\n\r\nhello\r\n.leading dot\r\n"

TlsPair = Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]]


class Peer:
    """A server whose answers are given: by the start of a command, or ``None`` to hang up."""

    def __init__(self, answers: dict[str, str | None], greeting: str = "220 mx.example.org ESMTP") -> None:
        self.answers: dict[str, str | None] = {
            "EHLO": "250-mx.example.org\r\n250 SIZE 1000",
            "RSET": "250 ok",
            "QUIT": "221 bye",
            **answers,
        }
        self.greeting = greeting
        self.heard: list[str] = []
        self.content = b""
        self.connections = 0
        self.tls: ssl.SSLContext | None = None
        self.sessions: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions.append(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._talk(reader, writer)
        writer.close()

    async def end(self) -> None:
        sessions = [session for session in self.sessions if session is not None]
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(f"{self.greeting}\r\n".encode("utf-8", "surrogateescape"))
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.heard.append(line)
            answer = self._answer(line)
            if answer is None:
                break
            writer.write(f"{answer}\r\n".encode("utf-8", "surrogateescape"))
            if answer.startswith("354"):
                self.content = await reader.readuntil(b"\r\n.\r\n")
                done = self.answers.get(".", "250 2.0.0 queued")
                if done is None:
                    break
                writer.write(f"{done}\r\n".encode())
            if answer.startswith("220") and self.tls:
                await writer.start_tls(self.tls)
            if answer.startswith(("421", "221")):
                break

    def _answer(self, line: str) -> str | None:
        known = [start for start in self.answers if line.startswith(start)]
        if known:
            return self.answers[max(known, key=len)]
        return "354 go on" if line == "DATA" else "250 ok"


@contextlib.asynccontextmanager
async def listening(peer: Peer, tls: Tls = Tls.OFF) -> AsyncIterator[Destination]:
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    yield Destination("127.0.0.1", server.sockets[0].getsockname()[1], tls, server_name="mx.example.org")
    server.close()
    await peer.end()


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    made = Connections(SystemClock(), "out.example.com", timeouts=Timeouts(connect=5, command=5, data=5))
    yield made
    await made.close()


async def test_each_recipient_has_its_own_reply(connections: Connections) -> None:
    peer = Peer({"RCPT TO:<b@": "550 5.1.1 user unknown", "RCPT TO:<c@": "451 4.7.1 greylisted"})
    async with listening(peer) as destination:
        outcome = await connections.send(
            destination, "s@example.com", ["a@x.org", "b@x.org", "c@x.org"], MESSAGE
        )
    assert outcome.replies == {
        "a@x.org": Reply(250, "2.0.0", "queued"),
        "b@x.org": Reply(550, "5.1.1", "user unknown"),
        "c@x.org": Reply(451, "4.7.1", "greylisted"),
    }
    assert outcome.accepted == ["a@x.org"]
    assert (outcome.failure, outcome.peer_ip, outcome.local_ip) == (None, "127.0.0.1", "127.0.0.1")
    assert peer.content == b"Subject: hi\r\n\r\nhello\r\n..leading dot\r\n.\r\n"
    assert outcome.transcript == [
        "S: 220 mx.example.org ESMTP",
        "C: EHLO out.example.com",
        "S: 250 mx.example.org",
        "S: 250 SIZE 1000",
        f"C: MAIL FROM:<s@example.com> SIZE={len(MESSAGE)}",
        "S: 250 ok",
        "C: RCPT TO:<a@x.org>",
        "S: 250 ok",
        "C: RCPT TO:<b@x.org>",
        "S: 550 5.1.1 user unknown",
        "C: RCPT TO:<c@x.org>",
        "S: 451 4.7.1 greylisted",
        f"C: DATA ({len(MESSAGE)} bytes)",
        "S: 354 go on",
        "S: 250 2.0.0 queued",
    ]


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


@pytest.mark.parametrize(("command", "said"), [("DATA", "554 5.5.1 no"), (".", "552 5.3.4 too big")])
async def test_what_is_said_to_data_is_said_to_all(connections: Connections, command: str, said: str) -> None:
    async with listening(Peer({command: said})) as destination:
        outcome = await connections.send(destination, "", ["a@x.org", "b@x.org"], MESSAGE)
    assert {reply.line for reply in outcome.replies.values()} == {said}
    assert len(outcome.replies) == 2


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_hanging_up_is_a_temporary_failure(connections: Connections, command: str) -> None:
    async with listening(Peer({command: None})) as destination:
        outcome = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert (outcome.failure, outcome.replies) == (Failure.DISCONNECTED, {})


async def test_a_refusal_before_the_hang_up_still_counts(connections: Connections) -> None:
    async with listening(Peer({"RCPT TO:<b@": "550 5.1.1 no", ".": None})) as destination:
        outcome = await connections.send(destination, "", ["a@x.org", "b@x.org"], MESSAGE)
    assert outcome.reply_to("a@x.org") is None
    assert outcome.reply_to("b@x.org") == Reply(550, "5.1.1", "no")
    assert outcome.failure is Failure.DISCONNECTED


async def test_nobody_listening_is_a_refused_connection(connections: Connections) -> None:
    async with listening(Peer({})) as destination:
        pass
    outcome = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert (outcome.failure, outcome.replies) == (Failure.REFUSED, {})


async def test_silence_is_a_timeout() -> None:
    impatient = Connections(SystemClock(), "out.example.com", timeouts=Timeouts(connect=0.05))
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda reader, writer: held.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outcome = await impatient.send(Destination("127.0.0.1", port), "", ["a@x.org"], MESSAGE)
    server.close()
    for writer in held:
        writer.close()
    assert outcome.failure is Failure.TIMEOUT


@pytest.mark.parametrize(("greeting", "code"), [("421 4.3.2 busy", 421), ("554 5.7.1 go away", None)])
async def test_a_greeting_that_turns_us_away_bounces_nobody(
    connections: Connections, greeting: str, code: int | None
) -> None:
    async with listening(Peer({}, greeting)) as destination:
        outcome = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert outcome.failure is Failure.NOT_READY
    assert [reply.code for reply in outcome.replies.values()] == ([code] if code else [])


async def test_replies_in_any_bytes_can_stand_in_an_event(connections: Connections) -> None:
    peer = Peer({"RCPT": "550 5.1.1 \udcff\udcfe Stra\udcdfe"}, "220 \udcff")
    async with listening(peer) as destination:
        outcome = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert outcome.replies["a@x.org"].line == "550 5.1.1 ?? Stra?e"
    assert "".join(outcome.transcript).encode()


async def test_nonsense_is_a_temporary_failure(connections: Connections) -> None:
    async with listening(Peer({"MAIL": "hello?"})) as destination:
        outcome = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert (outcome.failure, outcome.replies) == (Failure.PROTOCOL, {})


async def test_mail_is_encrypted_where_it_is_offered(connections: Connections, tls_pair: TlsPair) -> None:
    peer = Peer({"EHLO": "250-mx\r\n250 STARTTLS", "STARTTLS": "220 go"})
    peer.tls, _ = tls_pair("other.example.org")
    async with listening(peer, Tls.OPPORTUNISTIC) as destination:
        outcome = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert outcome.accepted
    assert outcome.tls_version == "TLSv1.3"
    assert outcome.tls_cipher is not None
    assert f"* TLSv1.3 {outcome.tls_cipher}" in outcome.transcript


async def test_broken_encryption_is_left_out_when_it_is_optional(connections: Connections) -> None:
    peer = Peer({"EHLO": "250-mx\r\n250 STARTTLS", "STARTTLS": "454 4.7.0 not today"})
    async with listening(peer, Tls.OPPORTUNISTIC) as destination:
        outcome = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert outcome.accepted
    assert outcome.tls_version is None


@pytest.mark.parametrize("tls", [Tls.REQUIRE, Tls.VERIFY])
async def test_required_encryption_that_is_missing_is_a_failure(connections: Connections, tls: Tls) -> None:
    peer = Peer({})
    async with listening(peer, tls) as destination:
        outcome = await connections.send(destination, "", ["a@x.org"], MESSAGE)
    assert (outcome.failure, outcome.replies) == (Failure.TLS_NOT_OFFERED, {})
    assert not any(line.startswith("MAIL") for line in peer.heard)
    assert outcome.transcript[-2:] == [
        "S: 250 SIZE 1000",
        "* tls not offered: the server does not offer STARTTLS",
    ]


@pytest.mark.parametrize(("name", "failure"), [("mx.example.org", None), ("other.example.org", Failure.TLS)])
async def test_a_certificate_must_be_of_the_server_when_it_is_verified(
    tls_pair: TlsPair, name: str, failure: Failure | None
) -> None:
    peer = Peer({"EHLO": "250-mx\r\n250 STARTTLS", "STARTTLS": "220 go"})
    peer.tls, trusting = tls_pair(name)
    verifying = Connections(SystemClock(), "out.example.com", verifying=trusting)
    async with listening(peer, Tls.VERIFY) as destination:
        outcome = await verifying.send(destination, "", ["a@x.org"], MESSAGE)
    await verifying.close()
    assert outcome.failure is failure


async def test_a_login_is_not_in_the_transcript(connections: Connections) -> None:
    peer = Peer({"EHLO": "250-mx\r\n250 AUTH PLAIN", "AUTH": "235 ok"})
    async with listening(peer) as plain:
        smarthost = Destination(plain.host, plain.port, Tls.OFF, username="user", password="secret")
        outcome = await connections.send(smarthost, "", ["a@x.org"], MESSAGE)
        assert outcome.accepted
        peer.answers["AUTH"] = "535 no"
        refused = await connections.send(
            Destination(plain.host, plain.port, Tls.OFF, username="user2", password="secret"),
            "",
            ["a@x.org"],
            MESSAGE,
        )
    assert refused.failure is Failure.LOGIN
    assert refused.replies == {}
    assert "C: AUTH (hidden)" in outcome.transcript
    assert not any("AUTH PLAIN " in line for line in outcome.transcript)


@pytest.mark.parametrize("address", ["a@x.org>\r\nRCPT TO:<b@x.org", "a@x.org\n", "a>b@x.org", "é@x.org"])
async def test_an_address_that_says_more_than_itself_is_refused(
    connections: Connections, address: str
) -> None:
    with pytest.raises(ValueError, match="not an envelope address"):
        await connections.send(Destination("127.0.0.1", 9), "", [address], MESSAGE)


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
        await asyncio.wait_for(ended.wait(), 5)
    assert brief._sites == {}


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


async def test_a_yes_to_data_that_asks_for_no_message_is_no_delivery(connections: Connections) -> None:
    async with listening(Peer({"DATA": "250 ok"})) as destination:
        outcome = await connections.send(destination, "s@example.com", ["a@x.org"], MESSAGE)
    assert (outcome.accepted, outcome.failure) == ([], Failure.PROTOCOL)


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
        outcome = await asyncio.wait_for(sending, 20)
        assert outcome.replies == {"a@x.org": Reply(552, "5.3.4", "too much")}
    listener.close()


async def test_many_small_messages_at_once_are_all_answered(connections: Connections) -> None:
    async with listening(Peer({})) as destination:
        sends = [connections.send(destination, "s@example.com", ["a@x.org"], MESSAGE) for _ in range(200)]
        for outcome in await asyncio.wait_for(asyncio.gather(*sends), 30):
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


async def test_a_server_that_throttles_a_recipient_is_not_asked_again_at_once(
    connections: Connections,
) -> None:
    peer = Peer({})
    async with listening(peer) as destination:
        await connections.send(destination, "", ["a@x.org"], MESSAGE)
        peer.answers["RCPT"] = "421 4.7.0 too fast"
        outcome = await asyncio.wait_for(connections.send(destination, "", ["a@x.org"], MESSAGE), 10)
    assert outcome.replies == {"a@x.org": Reply(421, "4.7.0", "too fast")}
    assert peer.connections == 1


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_replies_of_any_bytes_in_any_pieces_are_replies_or_a_failure(pieces: list[bytes]) -> None:
    class Transport(asyncio.Transport):
        def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
            pass

        def is_closing(self) -> bool:
            return False

        def abort(self) -> None:
            pass

    async def hear() -> None:
        replies = Replies(Transport())
        for piece in [*pieces, b"250 the end\r\n"]:
            replies.data_received(piece)
        replies.connection_lost(None)
        with contextlib.suppress(aiosmtplib.SMTPException):
            while True:
                said = await replies.reply(1)
                assert 0 <= said.code <= 999

    asyncio.run(hear())
