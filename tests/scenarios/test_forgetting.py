"""`mailgauge forget` beside a running service: the person is gone, the metrics and the audit are as they were."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.service import Service, clean_environment, running, wait_until

SENDER, READER = "sender@example.com", "joe.reader@example.net"


def command(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mailgauge.cli.main", *arguments, "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
        check=False,
    )


def send(ses: Any) -> str:
    answer = ses.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [READER]},
        Content={"Simple": {"Subject": {"Data": "Hello Joe"}, "Body": {"Text": {"Data": "Hello Joe."}}}},
    )
    return str(answer["MessageId"])


def events(service: Service, message_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.get(f"/_mailgauge/events?message={message_id}")["events"]
    return found


def test_a_person_is_forgotten_while_mail_is_sent(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as service:
        ses = service.client("sesv2")
        ses.create_email_identity(EmailIdentity=SENDER)
        sent = [send(ses) for _ in range(5)]
        wait_until(lambda: all(len(events(service, each)) == 2 for each in sent))
        done = command(data, "forget", READER, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["messages"] == 5
        for each in sent:
            assert READER not in json.dumps(events(service, each))
        assert service.get("/_aws/ses")["messages"] == []
        send(ses)
        assert command(data, "audit").returncode == 0
    assert "Joe" not in command(data, "forget", READER).stdout
    assert command(data, "audit").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "text"), [(("nobody",), "is no email address"), ((READER,), "holds no Mailgauge data")]
)
def test_what_can_not_be_done_is_said(tmp_path: Path, arguments: tuple[str], text: str) -> None:
    done = command(tmp_path / "empty", "forget", *arguments)
    assert done.returncode != 0
    assert text in done.stderr
