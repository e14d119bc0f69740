"""Receiving servers that are not as one would wish: TLS that fails, few recipients at a time, a dislike of contents."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.auditing import caught_up
from tests.scenarios.internet import Internet, internet, prepare, send
from tests.scenarios.journal import documents, event, kinds
from tests.scenarios.postfix import Postfix
from tests.scenarios.service import wait_until

MOST_RECIPIENTS = 5


@dataclass(frozen=True)
class Scene:
    data: Path
    ses: Any
    mx: Postfix
    """Offers STARTTLS with no cipher at all, takes few recipients in a transaction, and reads what it gets."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with internet(tmp_path_factory.mktemp("odd")) as net:
        mx = net.postfix(
            2,
            {
                "domains": ("odd.example", "shop.example"),
                "certificate": net.certificate("mx.odd.example"),
                "settings": {
                    "smtpd_tls_protocols": "<=TLSv1.2",
                    "smtpd_tls_exclude_ciphers": "ALL",
                    "smtpd_recipient_limit": str(MOST_RECIPIENTS),
                    "body_checks": f"regexp:{dislikes(net)}",
                },
            },
        )
        for domain in ("odd.example", "shop.example"):
            net.zones.mail_of(domain, {"mx.odd.example": net.address(2)})
        installation = net.installation()
        with installation.running() as service:
            yield Scene(installation.data, prepare(service), mx)
            caught_up(installation.data)


def dislikes(net: Internet) -> Path:
    path = net.folder / "dislikes"
    path.write_text("/cheap watches/ REJECT message content rejected\n")
    return path


def test_where_tls_is_offered_and_fails_mail_goes_in_the_clear(scene: Scene) -> None:
    message_id = send(scene.ses, "anna@odd.example")
    delivery = event(scene.data, message_id, "Delivery")
    assert "ses:outgoing-tls-version" not in delivery["mail"]["tags"]
    assert "lost connection after STARTTLS" in scene.mx.log()
    assert scene.mx.delivered_to("anna@odd.example")
    assert kinds(documents(scene.data, message_id)) == ["Send", "Delivery"]


def test_where_tls_is_required_and_fails_mail_waits(scene: Scene) -> None:
    scene.ses.create_configuration_set(
        ConfigurationSetName="secret", DeliveryOptions={"TlsPolicy": "REQUIRE"}
    )
    message_id = send(scene.ses, "secret@odd.example", set_name="secret")
    event(scene.data, message_id, "DeliveryDelay")
    assert kinds(documents(scene.data, message_id)).count("Delivery") == 0
    assert all(each.recipient != "secret@odd.example" for each in scene.mx.delivered())


def test_recipients_that_are_too_many_for_one_transaction_follow_in_another(scene: Scene) -> None:
    people = [f"person-{n:02}@odd.example" for n in range(12)]
    message_id = send(scene.ses, *people)
    wait_until(lambda: sorted(delivered(scene, message_id)), lambda found: found == people)
    assert kinds(documents(scene.data, message_id)).count("DeliveryDelay") == 0
    assert all(scene.mx.delivered_to(each) for each in people)


def delivered(scene: Scene, message_id: str) -> list[str]:
    """Recipients, as the Delivery events name them."""
    return [
        recipient
        for document in documents(scene.data, message_id)
        if document["eventType"] == "Delivery"
        for recipient in document["delivery"]["recipients"]
    ]


def test_a_message_that_is_refused_for_its_content_bounces_for_all(scene: Scene) -> None:
    people = ["ben@odd.example", "carl@odd.example"]
    message_id = send(scene.ses, *people, text="Get your cheap watches here.")
    bounce = event(scene.data, message_id, "Bounce")["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "ContentRejected")
    assert sorted(each["emailAddress"] for each in bounce["bouncedRecipients"]) == people
    assert kinds(documents(scene.data, message_id)) == ["Send", "Bounce"]
