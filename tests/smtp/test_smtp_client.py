"""The outgoing client tells exactly what a server said, per recipient."""

import asyncio

import pytest

from mailgauge.base.clock import SystemClock
from mailgauge.mail.status import Reply
from mailgauge.smtp.client import Connections, Destination, Failure, Timeouts, Tls
from tests.smtp.peer import MESSAGE, Peer, listening


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


async def test_angle_brackets_between_quotes_are_part_of_an_address(connections: Connections) -> None:
    person = '"<a\\">"@x.org'
    async with listening(Peer({})) as destination:
        outcome = await connections.send(destination, "", [person], MESSAGE)
    assert outcome.replies[person].code == 250


async def test_a_yes_to_data_that_asks_for_no_message_is_no_delivery(connections: Connections) -> None:
    async with listening(Peer({"DATA": "250 ok"})) as destination:
        outcome = await connections.send(destination, "s@example.com", ["a@x.org"], MESSAGE)
    assert (outcome.accepted, outcome.failure) == ([], Failure.PROTOCOL)


async def test_a_server_that_throttles_a_recipient_is_not_asked_again_at_once(
    connections: Connections,
) -> None:
    peer = Peer({})
    async with listening(peer) as destination:
        await connections.send(destination, "", ["a@x.org"], MESSAGE)
        peer.answers["RCPT"] = "421 4.7.0 too fast"
        outcome = await asyncio.wait_for(connections.send(destination, "", ["a@x.org"], MESSAGE), 60)
    assert outcome.replies == {"a@x.org": Reply(421, "4.7.0", "too fast")}
    assert peer.connections == 1
