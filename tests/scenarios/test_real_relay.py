"""Postfix hands mail in as its users are told to set it up for SES: relayhost, STARTTLS, SMTP credentials."""

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailgauge.iam.smtp_passwords import derive
from tests.scenarios.auditing import settled
from tests.scenarios.internet import SENDER, Internet, internet, prepare
from tests.scenarios.journal import documents, event, kinds
from tests.scenarios.postfix import Postfix
from tests.scenarios.service import REGION, Service, wait_until
from tests.scenarios.serving import DOMAIN

MESSAGE = "From: {sender}\r\nTo: {to}\r\nSubject: Hello\r\n\r\nHello.\r\n.\r\nThe end.\r\n"


@dataclass(frozen=True)
class Scene:
    data: Path
    relay: Postfix
    mx: Postfix

    def hand_in(self, sender: str, *recipients: str) -> None:
        """A program on the relay's network sends."""
        host, _, port = self.relay.address.rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=60) as client:
            client.sendmail(sender, recipients, MESSAGE.format(sender=sender, to=", ".join(recipients)))

    def said(self, recipient: str) -> str:
        """What Postfix logs of the end of its attempt."""
        ends = wait_until(
            lambda: [
                line
                for line in self.relay.log().splitlines()
                if f"to=<{recipient}>" in line and "status=" in line
            ]
        )
        return ends[0].split("status=", 1)[1]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with internet(tmp_path) as net:
        mx = net.postfix(2, {"domains": ("example.net",)})
        net.zones.mail_of("example.net", {"mx.example.net": net.address(2)})
        installation = net.installation()
        with installation.running() as service:
            prepare(service)
            yield Scene(installation.data, relay_to(service, net), mx)
            settled(installation.data)


def relay_to(service: Service, net: Internet) -> Postfix:
    port = service.addresses["smtp"].rpartition(":")[2]
    key_id, secret = service.key
    passwords = net.folder / "passwords"
    passwords.write_text(f"[127.0.0.1]:{port} {key_id}:{derive(secret, REGION)}\n")
    settings = {
        "relayhost": f"[127.0.0.1]:{port}",
        "smtp_sasl_auth_enable": "yes",
        "smtp_sasl_security_options": "noanonymous",
        "smtp_sasl_password_maps": f"texthash:{passwords}",
        "smtp_tls_security_level": "encrypt",
        "smtp_tls_note_starttls_offer": "yes",
    }
    return net.postfix(3, {"domains": (), "relays_for": "127.0.0.0/8", "settings": settings})


def test_a_relay_hands_in_mail_of_verified_senders_and_hears_why_other_mail_is_refused(scene: Scene) -> None:
    people = ["anna@example.net", "ben@example.net"]
    scene.hand_in(SENDER, *people)
    told = scene.said(people[0])
    assert told.startswith("sent (250 Ok ")
    message_id = told.removeprefix("sent (250 Ok ").rstrip(")")
    event(scene.data, message_id, "Delivery")
    for each in people:
        delivered = scene.mx.delivered_to(each)
        assert delivered.message.get_content() == "Hello.\n.\nThe end.\n"
        assert delivered.message["Message-ID"] == f"<{message_id}@{DOMAIN}>"
    assert kinds(documents(scene.data, message_id)) == ["Send", "Delivery"]

    scene.hand_in("news@else.example", "carl@example.net")
    refused = scene.said("carl@example.net")
    assert refused.startswith("bounced")
    assert "554 Message rejected: Email address is not verified." in refused
    assert "news@else.example" in refused
