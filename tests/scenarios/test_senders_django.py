"""Django sites send through Mailgauge with nothing but their settings: django-ses by either API, and django-anymail."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios import senders
from tests.scenarios.senders import BCC, CC, SENDER, SET, TO, Sender
from tests.scenarios.service import Service, wait_until
from tools.environments import python_environment

LIBRARIES = ("django-ses", "django-ses-v2", "anymail")


def site(service: Service, library: str) -> AbstractContextManager[Sender]:
    programs = senders.installed("Django", lambda: python_environment("django"))
    driver = Path(__file__).parent / "django_driver.py"
    settings = {"SENDER": library, "SET": SET}
    return Sender.running(service, [programs / "python", driver], driver.parent, settings)


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sender(service: Service, library: str) -> Iterator[Sender]:
    senders.prepare(service)
    with site(service, library) as running:
        yield running


def job(library: str, **changes: Any) -> dict[str, Any]:
    """The mail that all libraries send, tagged with its campaign in the way of this one."""
    message = {
        "subject": senders.SUBJECT,
        "body": senders.TEXT,
        "from_email": f"Der Laden ☂ <{SENDER}>",
        "to": [f"Anna Müller <{TO}>"],
        "cc": [CC],
        "bcc": [BCC],
        "reply_to": ["help@example.com"],
    }
    tagged: dict[str, Any] = {"extra": {"tags": ["spring"], "metadata": {"order": 7}}}
    if library != "anymail":
        message["headers"] = {"X-SES-MESSAGE-TAGS": "campaign=spring"}  # type: ignore[assignment]
        tagged = {}
    rest = {"html": senders.HTML, "attachments": [senders.ATTACHMENT]}
    return {"message": message | changes, **rest, **tagged}


def test_mail_arrives_whole_and_is_counted_by_its_tag(service: Service, sender: Sender, library: str) -> None:
    sent = sender.do(job(library))
    assert sent["sent"] == 1
    senders.check_mail(senders.arrived(service, sent["id"]))
    senders.check_counted(service, "spring", 3)


def test_anymail_knows_the_message_of_each_recipient(service: Service) -> None:
    senders.prepare(service)
    with site(service, "anymail") as sender:
        sent = sender.do(job("anymail"))
    assert sent["recipients"] == {address: ["queued", sent["id"]] for address in (TO, CC, BCC)}


def test_anymail_sends_a_template_to_each_recipient_by_name(service: Service) -> None:
    senders.prepare(service)
    template = {"Subject": "Hello {{name}}", "Text": "Order {{order}} is on its way, {{name}}."}
    service.client("sesv2").create_email_template(TemplateName="shipped", TemplateContent=template)
    message = {"from_email": SENDER, "to": [f"Anna <{TO}>", CC]}
    merged = {
        "template_id": "shipped",
        "merge_data": {TO: {"name": "Anna"}, CC: {"name": "Ben"}},
        "merge_global_data": {"order": 7},
        "tags": ["shipped"],
    }
    with site(service, "anymail") as sender:
        sent = sender.do({"message": message, "extra": merged})
    assert {status for status, _ in sent["recipients"].values()} == {"queued"}
    for address, name in ((TO, "Anna"), (CC, "Ben")):
        shown = senders.arrived(service, sent["recipients"][address][1])
        assert shown["Subject"] == f"Hello {name}"
        assert shown["Body"]["text_part"].strip() == f"Order 7 is on its way, {name}."
        assert senders.bare(shown["Destination"]["ToAddresses"][0]) == address
    senders.check_counted(service, "shipped", 2)


def test_a_sender_that_is_not_verified_is_refused_with_the_reason(sender: Sender, library: str) -> None:
    error = sender.ask(job(library, from_email="stranger@example.org"))["error"]
    assert error["name"] == ("AnymailAPIError" if library == "anymail" else "MessageRejected")
    assert "MessageRejected" in error["message"]
    assert "Email address is not verified." in error["message"]
    assert "stranger@example.org" in error["message"]


def test_the_management_commands_of_django_ses_read_addresses_and_statistics(service: Service) -> None:
    senders.prepare(service)
    with site(service, "django-ses") as sender:
        sender.do({"command": ["ses_email_address", "--add", "second@example.com"]})
        listed = sender.do({"command": ["ses_email_address", "--list"]})["printed"]
        assert {SENDER, "second@example.com"} <= set(listed.split())

        sender.do(job("django-ses", to=["bounce@simulator.amazonses.com"], cc=[], bcc=[]))
        sender.do(job("django-ses"))
        expected = {"delivery_attempts": 4, "bounces": 1, "complaints": 0, "rejects": 0}
        wait_until(
            lambda: sender.do({"command": ["get_ses_statistics"]})["stored"],
            lambda stored: stored == [expected],
        )
