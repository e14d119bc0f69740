"""Nodemailer's SES transport sends through Mailgauge with nothing but its client's endpoint."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios import senders
from tests.scenarios.senders import BCC, CC, SENDER, SET, TO, Sender
from tests.scenarios.service import Service
from tools.environments import node_environment
from tools.node import node


@pytest.fixture
def sender(service: Service) -> Iterator[Sender]:
    folder = Path(__file__).parent / "nodemailer"
    modules = senders.installed("Nodemailer", lambda: node_environment("nodemailer", folder))
    senders.prepare(service)
    with Sender.running(service, [node(), folder / "driver.mjs"], modules) as running:
        yield running


def mail(**changes: Any) -> dict[str, Any]:
    name, content, kind = senders.ATTACHMENT
    return {
        "from": {"name": "Der Laden ☂", "address": SENDER},
        "to": TO,
        "cc": CC,
        "bcc": BCC,
        "replyTo": "help@example.com",
        "subject": senders.SUBJECT,
        "text": senders.TEXT,
        "html": senders.HTML,
        "attachments": [{"filename": name, "content": content, "contentType": kind}],
        "ses": {"ConfigurationSetName": SET, "EmailTags": [{"Name": "campaign", "Value": "spring"}]},
        **changes,
    }


def test_mail_arrives_whole_and_is_counted_by_its_tag(service: Service, sender: Sender) -> None:
    sent = sender.do(mail())
    assert sent["envelope"] == {"from": SENDER, "to": [TO, CC, BCC]}
    assert sent["messageId"].startswith(f"<{sent['response']}@"), "the id of the answer names the message"
    senders.check_mail(senders.arrived(service, sent["response"]))
    senders.check_counted(service, "spring", 3)


def test_the_transport_finds_that_it_can_send(sender: Sender) -> None:
    assert sender.do("verify") is True


def test_a_sender_that_is_not_verified_is_refused_with_the_reason(sender: Sender) -> None:
    error = sender.ask(mail(**{"from": "stranger@example.org"}))["error"]
    assert error["name"] == "MessageRejected"
    assert error["message"].startswith("Email address is not verified.")
    assert "stranger@example.org" in error["message"]
