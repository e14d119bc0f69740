"""What bounces and complaints of a real receiving server bring about, with boto3 against the real process."""

import smtplib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mailgauge.mail.arf import AbuseReport, build
from mailgauge.mail.report import Cover
from tests.scenarios.auditing import settled
from tests.scenarios.refusing import Refusing, refusing_server
from tests.scenarios.reputation import rate_after_a_step
from tests.scenarios.service import Service, running, wait_until

SENDER = "sender@example.com"
CONFIGURATION = """
[reputation]
pause_bounce_rate = 0.5
least_sends = 4
"""


@pytest.fixture
def receiver() -> Iterator[Refusing]:
    with refusing_server() as server:
        yield server


@pytest.fixture
def service(tmp_path: Path, receiver: Refusing) -> Iterator[Service]:
    file = tmp_path / "mailgauge.toml"
    file.write_text(CONFIGURATION)
    with running(tmp_path / "data", "--capture", receiver.address, "--config", str(file)) as started:
        started.client("sesv2").create_email_identity(EmailIdentity=SENDER)
        yield started


def send(service: Service, *recipients: str, **more: Any) -> str:
    answer = service.client("sesv2").send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": list(recipients)},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}},
        **more,
    )
    return str(answer["MessageId"])


def events_of(service: Service, message_id: str, count: int) -> list[dict[str, Any]]:
    """Its events, once there are that many."""
    found: list[dict[str, Any]] = wait_until(
        lambda: service.get(f"/_mailgauge/events?message={message_id}")["events"],
        lambda events: len(events) >= count,
    )
    return found


def types(events: list[dict[str, Any]]) -> list[str]:
    return sorted(event["eventType"] for event in events)


def suppressed(service: Service) -> dict[str, str]:
    listed = service.client("sesv2").list_suppressed_destinations()["SuppressedDestinationSummaries"]
    return {each["EmailAddress"]: each["Reason"] for each in listed}


def test_a_hard_bounce_suppresses_until_it_is_removed(service: Service, receiver: Refusing) -> None:
    ses = service.client("sesv2")
    first = send(service, "gone@example.net", "here@example.net")
    assert types(events_of(service, first, 3)) == ["Bounce", "Delivery", "Send"]
    wait_until(lambda: suppressed(service) == {"gone@example.net": "BOUNCE"})
    entry = ses.get_suppressed_destination(EmailAddress="Gone@example.net")["SuppressedDestination"]
    assert entry["Attributes"]["MessageId"] == first

    receiver.taken.clear()
    second = send(service, "gone@example.net", "here@example.net")
    events = {each["eventType"]: each for each in events_of(service, second, 3)}
    assert set(events) == {"Send", "Bounce", "Delivery"}
    assert events["Bounce"]["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert set(receiver.taken) == {"here@example.net"}

    ses.delete_suppressed_destination(EmailAddress="gone@example.net")
    third = send(service, "gone@example.net")
    bounce = next(each for each in events_of(service, third, 2) if each["eventType"] == "Bounce")
    assert bounce["bounce"]["bounceSubType"] == "General"


def test_a_complaint_suppresses_whom_it_comes_from(service: Service, receiver: Refusing) -> None:
    message_id = send(service, "angry@example.net", "calm@example.net")
    wait_until(lambda: len(receiver.taken) == 2)
    taken = receiver.taken["angry@example.net"]
    cover = Cover("feedback@example.net", taken.mail_from, "complaint", "today", "<report@example.net>")
    abuse = AbuseReport("abuse", original_rcpt_to=("angry@example.net",), original_mail_from=taken.mail_from)
    host, _, port = service.inbound.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=60) as client:
        client.sendmail("feedback@example.net", [taken.mail_from], build(abuse, cover, taken.content))
    assert "Complaint" in types(events_of(service, message_id, 3))
    wait_until(lambda: suppressed(service) == {"angry@example.net": "COMPLAINT"})


def test_a_set_that_suppresses_for_nothing_delivers(service: Service, receiver: Refusing) -> None:
    ses = service.client("sesv2")
    ses.put_suppressed_destination(EmailAddress="angry@example.net", Reason="COMPLAINT")
    ses.create_configuration_set(ConfigurationSetName="all", SuppressionOptions={"SuppressedReasons": []})
    listed = send(service, "angry@example.net")
    [complaint] = [each for each in events_of(service, listed, 2) if each["eventType"] == "Complaint"]
    assert complaint["complaint"]["complaintSubType"] == "OnAccountSuppressionList"
    assert receiver.taken == {}
    delivered = send(service, "angry@example.net", ConfigurationSetName="all")
    assert types(events_of(service, delivered, 2)) == ["Delivery", "Send"]
    assert set(receiver.taken) == {"angry@example.net"}


def test_the_rule_pauses_the_account_and_the_api_switches_it_on_again(
    service: Service, tmp_path: Path
) -> None:
    ses = service.client("sesv2")
    for name in ("one", "two", "gone1", "gone2"):
        send(service, f"{name}@example.net")
    wait_until(lambda: ses.get_account()["SendingEnabled"] is False)
    assert ses.get_account()["EnforcementStatus"] == "SHUTDOWN"
    with pytest.raises(ClientError) as refused:
        send(service, "one@example.net")
    assert refused.value.response["Error"]["Code"] == "SendingPausedException"
    ses.put_account_sending_attributes(SendingEnabled=True)
    assert ses.get_account()["EnforcementStatus"] == "HEALTHY"
    send(service, "one@example.net")
    settled(tmp_path / "data")


def test_rates_are_metrics_on_the_clock(service: Service, tmp_path: Path) -> None:
    for name in ("one", "two", "gone"):
        events_of(service, send(service, f"{name}@example.net"), 2)
    wait_until(lambda: suppressed(service))
    assert rate_after_a_step(service, "Reputation.BounceRate") == pytest.approx(1 / 3)
    assert rate_after_a_step(service, "Reputation.ComplaintRate") == 0
    report = settled(tmp_path / "data")
    assert report["differences"] == []
