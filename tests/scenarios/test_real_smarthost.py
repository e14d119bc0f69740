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
from tests.scenarios.serving import DOMAIN
from tests.scenarios.sinks import free_port


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
        mx = net.postfix(2, {"domains": ("example.net", "shop.example")})
        smarthost = net.postfix(
            3,
            {
                "name": "smart.example",
                "domains": (),
                "relays_for": "127.0.0.0/8",
                "transports": {
                    "@(example.net|shop.example)$": f"smtp:[{net.address(2)}]:{net.port}",
                    f"@{DOMAIN}$": f"smtp:[127.0.0.1]:{feedback}",
                    "@nowhere.example$": "error:5.4.4 nobody knows the way to nowhere.example",
                },
                "certificate": net.certificate("smart.example"),
            },
        )
        routes = {
            "delivery": {"route": "smarthost"},
            "smarthost": {"address": smarthost.address, "tls": "opportunistic"},
        }
        installation = net.installation(routes)
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
    ("address", "status", "said"),
    [
        ("gone@example.net", "5.1.1", "User unknown"),
        ("carl@nowhere.example", "5.4.4", "nobody knows the way"),
    ],
)
def test_what_the_smarthost_reports_later_is_a_bounce_of_that_recipient(
    scene: Scene, address: str, status: str, said: str
) -> None:
    message_id = send(scene.ses, "dora@example.net", address)
    bounce = event(scene.data, message_id, "Bounce")["bounce"]
    [recipient] = bounce["bouncedRecipients"]
    assert recipient["emailAddress"] == address
    assert recipient["status"] == status
    assert recipient["action"] == "failed"
    assert said in recipient["diagnosticCode"]
    assert bounce["bounceType"] == "Permanent"
    # Accepted first, reported later: both are told.
    assert kinds(documents(scene.data, message_id)) == ["Send", "Delivery", "Bounce"]
