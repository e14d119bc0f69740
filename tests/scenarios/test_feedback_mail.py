"""What `mailgauge serve` sends by itself to those whose mail bounced or was complained of."""

import json
import subprocess
import sys
from email import message_from_string
from pathlib import Path
from typing import Any

import boto3

from tests.scenarios.service import REGION, clean_environment, running, wait_until

SENDER = "sender@example.com"


def mailgauge(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mailgauge.cli.main", *arguments],
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=True,
        timeout=60,
    )
    return done.stdout


def captured(data: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(mailgauge("mailbox", "--data", str(data), "--json"))
    return found


def test_the_sender_hears_of_a_bounce_and_of_a_complaint(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data, "--verification", "automatic", mode="serve") as service:
        key = json.loads(mailgauge("keys", "create", "--data", str(data), "--name", "tester", "--json"))
        session = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
        ses = session.client("sesv2", endpoint_url=service.http)
        ses.create_email_identity(EmailIdentity=SENDER)
        for name in ("bounce", "complaint"):
            ses.send_email(
                FromEmailAddress=SENDER,
                Destination={"ToAddresses": [f"{name}@simulator.amazonses.com"]},
                Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
            )
        found = wait_until(lambda: captured(data), lambda found: len(found) == 2)
    mails = [message_from_string(each["RawData"]) for each in found]
    assert {mail["To"] for mail in mails} == {SENDER}
    assert sorted(str(mail.get_param("report-type")) for mail in mails) == [
        "delivery-status",
        "feedback-report",
    ]
    assert all(mail["DKIM-Signature"] for mail in mails)
