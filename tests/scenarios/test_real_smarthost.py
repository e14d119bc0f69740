"""Mail goes to Postfix as a smarthost, which takes it, can't get rid of all of it, and says so by mail to the return path."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.auditing import settled
from tests.scenarios.internet import internet, prepare, send
from tests.scenarios.journal import documents, event, kinds
from tests.scenarios.postfix import Postfix
from tests.scenarios.service import wait_until
from tests.scenarios.serving import DOMAIN
from tests.scenarios.sinks import free_port

MAIL_FROM = "bounce.own.example"
"""The MAIL FROM domain of own.example, another domain that sends."""


@dataclass(frozen=True)
class Scene:
    data: Path
    ses: Any
    smarthost: Postfix
    mx: Postfix
    """Where the smarthost hands mail for example.net on to."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    feedback = free_port()
    with internet(tmp_path_factory.mktemp("smarthost")) as net:
        full = {"^full@": "552 5.2.2 Mailbox full"}
        mx = net.postfix(2, {"domains": ("example.net", "shop.example", "own.example"), "recipients": full})
        smarthost = net.postfix(
            3,
            {
                "name": "smart.example",
                "domains": (),
                "relays_for": "127.0.0.0/8",
                "transports": {
                    "@(example.net|shop.example|own.example)$": f"smtp:[{net.address(2)}]:{net.port}",
                    f"@({DOMAIN}|{MAIL_FROM})$": f"smtp:[127.0.0.1]:{feedback}",
                    # This one does not take its mail, and at that one nobody listens.
                    "@nowhere.example$": f"smtp:[{net.address(2)}]:{net.port}",
                    "@later.example$": f"smtp:[{net.address(9)}]:{net.port}",
                },
                # It writes of mail that it still has, and lets that go soon.
                "settings": {"delay_warning_time": "1s", "maximal_queue_lifetime": "6s"},
                "certificate": net.certificate("smart.example"),
            },
        )
        routes = {
            "delivery": {"route": "smarthost"},
            "smarthost": {"address": smarthost.address, "tls": "opportunistic"},
        }
        installation = net.installation(routes)
        # What `mailgauge records` prints for it.
        net.zones.zone.put(MAIL_FROM, "MX", f"10 {DOMAIN}.")
        net.zones.text(MAIL_FROM, f"v=spf1 include:{DOMAIN} ~all")
        with installation.running("--inbound", f"127.0.0.1:{feedback}") as service:
            yield Scene(installation.data, prepare(service), smarthost, mx)
            settled(installation.data)


def test_the_smarthost_gets_all_recipients_in_one_transaction_by_tls(scene: Scene) -> None:
    people = ["anna@example.net", "ben@example.net"]
    message_id = send(scene.ses, *people)
    delivery = event(scene.data, message_id, "Delivery")
    assert sorted(delivery["delivery"]["recipients"]) == people
    assert delivery["mail"]["tags"]["ses:outgoing-tls-version"] == ["TLSv1.3"]
    for each in people:
        assert scene.mx.delivered_to(each).return_path.endswith(f"@{DOMAIN}")


@pytest.mark.parametrize(
    ("address", "status", "said", "kind"),
    [
        ("gone@example.net", "5.1.1", "User unknown", ("Permanent", "General")),
        ("carl@nowhere.example", "5.7.1", "Relay access denied", ("Permanent", "General")),
        ("full@example.net", "5.2.2", "Mailbox full", ("Transient", "MailboxFull")),
    ],
)
def test_what_the_smarthost_reports_later_is_a_bounce_of_that_recipient(
    scene: Scene, address: str, status: str, said: str, kind: tuple[str, str]
) -> None:
    message_id = send(scene.ses, "dora@example.net", address)
    bounce = event(scene.data, message_id, "Bounce")["bounce"]
    [recipient] = bounce["bouncedRecipients"]
    assert recipient["emailAddress"] == address
    assert recipient["status"] == status
    assert recipient["action"] == "failed"
    assert said in recipient["diagnosticCode"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == kind
    # Accepted first, reported later: both are told.
    assert kinds(documents(scene.data, message_id)) == ["Send", "Delivery", "Bounce"]


def test_what_the_smarthost_still_has_is_no_bounce_until_it_gives_up(scene: Scene) -> None:
    message_id = send(scene.ses, "emil@later.example")
    event(scene.data, message_id, "Delivery")
    wait_until(lambda: "sender delay notification" in scene.smarthost.log())
    bounce = event(scene.data, message_id, "Bounce")["bounce"]
    assert bounce["bouncedRecipients"][0]["status"] == "4.4.1"
    assert bounce["bounceType"] == "Transient"
    assert kinds(documents(scene.data, message_id)).count("Bounce") == 1


def test_reports_come_back_to_the_mail_from_domain(scene: Scene) -> None:
    scene.ses.create_email_identity(EmailIdentity="own.example")
    scene.ses.put_email_identity_mail_from_attributes(EmailIdentity="own.example", MailFromDomain=MAIL_FROM)
    wait_until(
        lambda: scene.ses.get_email_identity(EmailIdentity="own.example")["MailFromAttributes"],
        lambda found: found["MailFromDomainStatus"] == "SUCCESS",
    )
    people = ["frida@example.net", "gone-frida@example.net"]
    message_id = send(scene.ses, *people, sender="news@own.example")
    assert scene.mx.delivered_to(people[0]).return_path.endswith(f"@{MAIL_FROM}")
    [recipient] = event(scene.data, message_id, "Bounce")["bounce"]["bouncedRecipients"]
    assert recipient["emailAddress"] == people[1]
