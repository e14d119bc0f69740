"""What the scenarios of other people's sending libraries share: a line protocol to them, and how mail is looked at.

A library runs in an environment of its own, as a program that takes one job a line and answers one line.
"""

import json
import subprocess
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.scenarios.service import KEY_ID, REGION, SECRET, Service, clean_environment, wait_until

SENDER = "shop@example.com"
SET = "senders"
TO, CC, BCC = "anna@example.net", "ben@example.net", "cleo@example.net"
SUBJECT = "Grüße aus dem Frühling ☀"
TEXT, HTML = "Schöne Grüße.\n", "<p>Schöne <b>Grüße</b>.</p>"
ATTACHMENT = ("Preise.csv", "Blume;Preis\nTulpe;3\n", "text/csv")

T = TypeVar("T")


def installed(name: str, make: Callable[[], T]) -> T:
    """What ``make`` makes; where it cannot be had, the test is skipped and says which library is missing."""
    try:
        return make()
    except (RuntimeError, OSError) as problem:
        pytest.skip(f"SKIPPED: {name} can not be installed here: {str(problem).strip().splitlines()[-1]}")


class Sender:
    """A running program that sends."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def running(
        cls, service: Service, command: list[str | Path], cwd: Path, settings: Mapping[str, str] | None = None
    ) -> Iterator["Sender"]:
        ours = {"ENDPOINT": service.http, "REGION": REGION, "KEY_ID": KEY_ID, "SECRET": SECRET}
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**clean_environment(), **ours, **(settings or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            yield cls(process)
            assert process.stdin is not None
            process.stdin.close()

    def ask(self, job: Any) -> dict[str, Any]:
        """``{"result": …}`` or ``{"error": {"name", "message"}}``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"error": "it has ended"}')
        return answer

    def do(self, job: Any) -> Any:
        answer = self.ask(job)
        assert "error" not in answer, answer["error"]
        return answer["result"]


def prepare(service: Service) -> None:
    """An identity, and a configuration set that counts by campaign."""
    ses = service.client("sesv2")
    ses.create_email_identity(EmailIdentity=SENDER)
    ses.create_configuration_set(ConfigurationSetName=SET)
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName="to-cloudwatch",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "DELIVERY"],
            "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
        },
    )


def arrived(service: Service, message_id: str) -> dict[str, Any]:
    """The message as the mailbox shows it."""
    query = urllib.parse.urlencode({"id": message_id})
    found = wait_until(lambda: service.get(f"/_aws/ses?{query}")["messages"])
    message: dict[str, Any] = found[0]
    return message


def bare(address: str) -> str:
    return parseaddr(address)[1]


def check_mail(shown: dict[str, Any]) -> None:
    """Nothing of the mail that all of them send is lost, and nothing of it is told to whom it does not concern."""
    assert shown["Subject"] == SUBJECT
    people = {kind: [bare(each) for each in each_kind] for kind, each_kind in shown["Destination"].items()}
    assert people == {"ToAddresses": [TO], "CcAddresses": [CC], "BccAddresses": [BCC]}
    assert bare(shown["Source"]) == SENDER
    assert shown["Body"]["text_part"].strip() == TEXT.strip()
    assert shown["Body"]["html_part"].strip() == HTML
    assert BCC not in shown["RawData"]
    assert "X-SES-" not in shown["RawData"].upper()
    parsed = message_from_string(shown["RawData"], EmailMessage, policy=policy.default)
    [attachment] = parsed.iter_attachments()
    assert attachment.get_filename() == ATTACHMENT[0]
    assert str(attachment.get_content()).replace("\r\n", "\n").strip() == ATTACHMENT[1].strip()


def counted(service: Service, metric: str, campaign: str) -> float:
    now = datetime.now(UTC)
    answer = service.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SES",
        MetricName=metric,
        Dimensions=[{"Name": "campaign", "Value": campaign}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["Sum"],
    )
    return sum(float(point["Sum"]) for point in answer["Datapoints"])


def check_counted(service: Service, campaign: str, recipients: int) -> None:
    for metric in ("Send", "Delivery"):
        wait_until(lambda metric=metric: counted(service, metric, campaign), lambda sum_: sum_ == recipients)  # type: ignore[misc]
