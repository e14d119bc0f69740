"""A smarthost is connected to at an address and known by its name; the login is only made where its certificate holds."""

import ssl
from collections.abc import Callable

import pytest

from mailgauge.base.clock import SystemClock
from mailgauge.smtp.client import Connections, Destination, Failure, Tls
from mailgauge.smtp.server import Access, SmtpServer
from tests.smtp.talking import Recording, serving

TlsPair = Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]]
NAME = "relay.example.com"


async def authenticate(name: str, password: str, peer: str) -> str | None:
    return name if password == "right" else None


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize(
    ("certificate", "password", "failure"),
    [
        (NAME, "right", None),
        (NAME, "wrong", Failure.LOGIN),
        ("other.example.com", "right", Failure.TLS),
        ("127.0.0.1", "right", Failure.TLS),
    ],
)
async def test_mail_is_handed_to_a_smarthost_under_its_own_name_only(
    tls_pair: TlsPair, certificate: str, password: str, failure: Failure | None, *, implicit: bool
) -> None:
    server_tls, trusting = tls_pair(certificate)
    handler = Recording()
    server = SmtpServer(
        handler, hostname=NAME, access=Access(server_tls, authenticate, implicit_tls=implicit)
    )
    client = Connections(SystemClock(), "out.example.com", verifying=trusting)
    async with serving(server) as port:
        destination = Destination(
            "127.0.0.1",
            port,
            Tls.VERIFY,
            implicit_tls=implicit,
            server_name=NAME,
            username="me",
            password=password,
            source="127.0.0.3",
        )
        outcome = await client.send(
            destination, "a@example.com", ["b@example.net"], b"Subject: x\r\n\r\nx\r\n"
        )
        await client.close()
    assert outcome.failure is failure
    assert len(handler.taken) == (failure is None)
    assert "right" not in str(outcome.transcript)
    if failure is None:
        assert (outcome.peer_ip, outcome.local_ip, outcome.tls_version) == (
            "127.0.0.1",
            "127.0.0.3",
            "TLSv1.3",
        )


async def test_a_smarthost_that_is_not_there_is_a_failure_like_others(tls_pair: TlsPair) -> None:
    _, trusting = tls_pair(NAME)
    client = Connections(SystemClock(), "out.example.com", verifying=trusting)
    destination = Destination("127.0.0.1", 1, Tls.VERIFY, implicit_tls=True, server_name=NAME)
    outcome = await client.send(destination, "a@example.com", ["b@example.net"], b"x")
    assert outcome.failure is Failure.REFUSED
