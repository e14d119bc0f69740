"""``mailgauge mailbox``: an operator reads captured mail, a verification link among it, beside the running service."""

import asyncio
import json
import re
import urllib.request
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result

from mailgauge.cli.mailbox import mailbox
from mailgauge.mailbox.store import Captured, keep
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from tests.scenarios.service import REGION, running, wait_until

LINK = "http://127.0.0.1:4566/_verify?token=abc"


def captured(number: int, subject: str, text: str = "Hello.") -> Captured:
    content = f"From: s@example.com\r\nTo: r@example.net\r\nSubject: {subject}\r\n\r\n{text}\r\n"
    scope = "111122223333/us-east-1"
    return Captured(f"id-{number}", scope, "s@example.com", number, "", ("r@example.net",), content.encode())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where three messages were captured."""
    directory = DataDirectory(tmp_path)
    storage = Storage.open(directory)
    for each in (
        captured(1, "first"),
        captured(2, "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", f"Open {LINK}"),
        captured(3, "evil \x1b[2J", "\x1b]0;owned\x07"),
    ):
        asyncio.run(storage.mail.write(lambda tx, each=each: keep(tx, each)))  # type: ignore[misc]
    storage.close()
    return tmp_path


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(mailbox, ["--data", str(data), *arguments])


def test_the_newest_are_listed_with_who_and_what(data: Path) -> None:
    text = run(data, "--limit", "2").stdout
    assert "id-1" not in text
    assert text.index("id-2  1970-01-01 00:00:02 UTC") < text.index("id-3")
    assert "from s@example.com to r@example.net" in text
    assert "Grüße" in text


def test_one_is_shown_with_headers_and_text_or_as_it_is(data: Path) -> None:
    shown = run(data, "id-2").stdout
    assert "Subject: Grüße" in shown
    assert f"Open {LINK}" in shown
    assert (
        run(data, "id-2", "--raw").stdout_bytes
        == captured(2, "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", f"Open {LINK}").content
    )
    [document] = json.loads(run(data, "id-2", "--json").stdout)
    assert (document["Id"], document["Region"]) == ("id-2", "us-east-1")


def test_a_message_does_not_drive_the_terminal(data: Path) -> None:
    assert "\x1b" not in run(data).stdout + run(data, "id-3").stdout
    assert "\x07" not in run(data, "id-3").stdout


def test_what_is_not_there_is_told(data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    missing = run(data, "id-9")
    assert (missing.exit_code, missing.stderr) == (1, "Error: there is no captured message id-9\n")
    elsewhere = run(tmp_path_factory.mktemp("empty"))
    assert elsewhere.exit_code == 1
    assert "holds no Mailgauge data" in elsewhere.stderr


@pytest.mark.scenario
def test_the_verification_link_of_a_serving_installation_can_be_read_and_opened(tmp_path: Path) -> None:
    where = tmp_path / "data"
    with running(where, mode="serve") as service:
        key_id, secret = wait_until(
            lambda: re.findall(r"export AWS_\w+=(\S+)", service.log()), lambda values: len(values) == 2
        )
        session = boto3.session.Session(key_id, secret, region_name=REGION)
        client = session.client("sesv2", endpoint_url=service.http)
        client.create_email_identity(EmailIdentity="me@example.com")
        [document] = wait_until(lambda: json.loads(run(where, "--json").stdout))
        [link] = re.findall(r"http://\S+/_verify\?token=\S+", run(where, document["Id"]).stdout)
        confirm = urllib.request.Request(link, b"", {"Content-Type": "application/x-www-form-urlencoded"})
        with urllib.request.urlopen(confirm, timeout=60) as answer:
            assert answer.status == 200
        assert client.get_email_identity(EmailIdentity="me@example.com")["VerifiedForSendingStatus"] is True
