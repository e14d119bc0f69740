"""The outgoing client encrypts where it can, and sends nothing where it must and can not."""

import pytest

from mailgauge.base.clock import SystemClock
from mailgauge.smtp.client import Connections, Failure, Tls
from tests.smtp.conftest import TlsPair
from tests.smtp.peer import MESSAGE, Peer, listening


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
