"""Where TLS must hold: domains whose MTA-STS policy says so (RFC 8461), and a smarthost that is verified.

Postfix receives; the policies come by HTTPS from the port that they have to come from.
"""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.scenarios.auditing import caught_up
from tests.scenarios.internet import Internet, internet, prepare, send
from tests.scenarios.journal import documents, event, kinds
from tests.scenarios.postfix import Postfix

POLICIES = {
    "held.example": "mx.held.example",
    "forged.example": "mx.forged.example",
    "elsewhere.example": "mx.elsewhere.example",
}
"""Domains and the one MX host that their policy allows."""
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: {mx}\r\nmax_age: 604800\r\n"


@dataclass(frozen=True)
class Scene:
    data: Path
    ses: Any
    good: Postfix
    """Its certificate is by an authority that is trusted here, and of the right names."""
    forged: Postfix
    """Its certificate is of the right name and by nobody."""


@contextmanager
def policies(net: Internet, host: str, authority: trustme.CA) -> Iterator[None]:
    """The HTTPS server of all policies."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            domain = (self.headers["Host"] or "").removeprefix("mta-sts.")
            body = POLICY.format(mx=POLICIES[domain]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    try:
        server = ThreadingHTTPServer((host, 443), Handler)
    except OSError as error:
        pytest.skip(f"SKIPPED: policies can't be served at port 443: {error}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(f"mta-sts.{domain}" for domain in POLICIES)).configure_cert(context)
    with server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    authority = trustme.CA()
    with internet(tmp_path_factory.mktemp("tls")) as net, policies(net, net.address(4), authority):
        certificate = net.certificate("mx.held.example", net.address(2), authority=authority)
        domains = ("held.example", "elsewhere.example", "relayed.example")
        good = net.postfix(2, {"domains": domains, "certificate": certificate})
        forged = net.postfix(
            3, {"domains": ("forged.example",), "certificate": net.certificate("mx.forged.example")}
        )
        fill(net)
        routes: Mapping[str, Mapping[str, Any]] = {
            "delivery": {"domains": {"relayed.example": "smarthost"}},
            "smarthost": {"address": good.address, "tls": "starttls"},
        }
        installation = net.installation(routes, authority=authority)
        with installation.running() as service:
            yield Scene(installation.data, prepare(service), good, forged)
            caught_up(installation.data)


def fill(net: Internet) -> None:
    net.zones.mail_of("held.example", {"mx.held.example": net.address(2)})
    net.zones.mail_of("forged.example", {"mx.forged.example": net.address(3)})
    # Somebody has put another host into the DNS than the policy knows.
    net.zones.mail_of("elsewhere.example", {"mx.held.example": net.address(2)})
    for domain in POLICIES:
        net.zones.text(f"_mta-sts.{domain}", "v=STSv1; id=20260101;")
        net.zones.zone.put(f"mta-sts.{domain}", "A", net.address(4))


def test_a_domain_with_a_policy_gets_mail_by_tls_that_holds(scene: Scene) -> None:
    message_id = send(scene.ses, "anna@held.example")
    delivery = event(scene.data, message_id, "Delivery")
    assert delivery["mail"]["tags"]["ses:outgoing-tls-version"] == ["TLSv1.3"]
    assert scene.good.delivered_to("anna@held.example")


@pytest.mark.parametrize(
    ("domain", "said"),
    [("forged.example", "certificate verify failed"), ("elsewhere.example", "allows none of its MX hosts")],
)
def test_whoever_stands_in_for_a_domain_with_a_policy_gets_nothing(
    scene: Scene, domain: str, said: str
) -> None:
    message_id = send(scene.ses, f"anna@{domain}")
    delay = event(scene.data, message_id, "DeliveryDelay")["deliveryDelay"]
    assert delay["delayedRecipients"][0]["emailAddress"] == f"anna@{domain}"
    assert said in delay["delayedRecipients"][0]["diagnosticCode"]
    assert "Delivery" not in kinds(documents(scene.data, message_id))
    received = [each.recipient for each in scene.good.delivered() + scene.forged.delivered()]
    assert f"anna@{domain}" not in received


def test_a_smarthost_whose_certificate_holds_gets_the_mail(scene: Scene) -> None:
    message_id = send(scene.ses, "anna@relayed.example")
    delivery = event(scene.data, message_id, "Delivery")
    assert delivery["mail"]["tags"]["ses:outgoing-tls-version"] == ["TLSv1.3"]
    assert scene.good.delivered_to("anna@relayed.example")
