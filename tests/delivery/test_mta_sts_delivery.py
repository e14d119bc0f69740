"""MTA-STS from end to end: a policy from a web server decides which certificate a mail server must show before it gets mail."""

import ssl
from collections.abc import Sequence

import pytest

from mailgauge.base.clock import ManualClock, SystemClock
from mailgauge.delivery.mta_sts import MtaSts
from mailgauge.delivery.mx import MxRouter
from mailgauge.delivery.transport import Route
from mailgauge.dns.answers import LiteralResolver, RecordType
from mailgauge.smtp.client import Connections, Failure, Outcome
from mailgauge.smtp.server import SmtpServer
from tests.delivery.web_server import POLICY, WebServer
from tests.smtp.talking import Recording, serving

A, MX, TXT = RecordType.A, RecordType.MX, RecordType.TXT


async def deliver(web: WebServer, certificate: str, records: Sequence[str]) -> tuple[Outcome, Recording]:
    """One message to a mail server with a certificate for that name; ``records`` are the TXT records of the domain's policy."""
    resolver = LiteralResolver(
        {
            ("shop.example", MX): ["10 mx.shop.example"],
            ("mx.shop.example", A): ["127.0.0.1"],
            ("_mta-sts.shop.example", TXT): records,
        }
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    web.authority.issue_cert(certificate).configure_cert(context)
    trusting = ssl.create_default_context()
    web.authority.configure_trust(trusting)
    handler = Recording()
    server = SmtpServer(handler, hostname="mx.shop.example", tls=context)
    client = Connections(SystemClock(), "mail.example", verifying=trusting)
    async with web.fetcher() as fetcher, serving(server) as port:
        policies = MtaSts(resolver, fetcher.fetch, ManualClock())
        router = MxRouter(resolver, lambda *_: False, port=port, allow_private=True, policies=policies)
        found = await router.route("shop.example")
        assert isinstance(found, Route)
        outcome = await client.send(found.destinations[0], "", ["a@shop.example"], b"Subject: x\r\n\r\nx\r\n")
        await client.close()
    return outcome, handler


@pytest.mark.parametrize(
    ("mode", "certificate", "is_delivered"),
    [
        (b"enforce", "mx.shop.example", True),
        (b"enforce", "other.example", False),
        (b"testing", "other.example", True),
        (b"none", "other.example", True),
    ],
)
async def test_under_a_policy_only_a_server_that_proves_its_name_gets_mail(
    mode: bytes, certificate: str, is_delivered: bool
) -> None:
    web = WebServer()
    web.answers(POLICY.replace(b"enforce", mode))
    outcome, handler = await deliver(web, certificate, ["v=STSv1; id=1"])
    assert (outcome.failure, len(handler.taken)) == ((None, 1) if is_delivered else (Failure.TLS, 0))
    assert len(web.asked) == 1


async def test_without_a_policy_any_certificate_beats_none() -> None:
    outcome, handler = await deliver(WebServer(), "other.example", [])
    assert (outcome.failure, outcome.tls_version, len(handler.taken)) == (None, "TLSv1.3", 1)
