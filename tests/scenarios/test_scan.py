"""Mail is scanned by a real clamd: what it finds is rejected, and while it is away accepted mail waits."""

import base64
import io
import json
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailgauge.scan.eicar import EICAR
from tests.scenarios.auditing import settled
from tests.scenarios.clamd import MADE_UP, Clamd, clamd
from tests.scenarios.service import Service, clean_environment, running, wait_until

SENDER = "sender@example.com"


@pytest.fixture
def scanner() -> Iterator[Clamd]:
    with clamd(most="2M") as started:
        yield started


@pytest.fixture
def configuration(scanner: Clamd, tmp_path: Path) -> Path:
    path = tmp_path / "mailgauge.toml"
    path.write_text(f'[scan]\nclamd = "{scanner.address}"\n\n[delivery]\nretry_pauses = [1.0]\n')
    return path


def attached(content: bytes, name: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, "someone@example.net", name
    message.set_content("See the attachment.")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def zipped(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eicar.com", content)
    return target.getvalue()


class Sender:
    """An account at the service, and what became of its mail."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.client = service.client("sesv2")
        self.client.create_email_identity(EmailIdentity=SENDER)

    def send(self, raw: bytes) -> str:
        return str(self.client.send_email(Content={"Raw": {"Data": raw}})["MessageId"])

    def kinds(self, message_id: str) -> list[str]:
        events = self.service.get(f"/_mailgauge/events?message={message_id}")["events"]
        return [event["eventType"] for event in events]

    def until(self, message_id: str, *kinds: str) -> None:
        wait_until(lambda: self.kinds(message_id), lambda found: found == list(kinds))


def healthz(service: Service) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{service.http}/healthz", timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def doctor(data: Path, configuration: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "mailgauge.cli.main", "doctor", "--data", str(data)]
    command += ["--config", str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
    return done.returncode, done.stdout


def test_clamav_refuses_the_test_file_in_plain_base64_and_zip_and_passes_the_rest(
    configuration: Path, tmp_path: Path
) -> None:
    with running(tmp_path / "data", "--config", str(configuration)) as service:
        sender = Sender(service)
        plain = f"From: {SENDER}\r\nTo: someone@example.net\r\n\r\n".encode() + EICAR + b"\r\n"
        base64_and_zip = attached(EICAR, "a.txt"), attached(zipped(EICAR), "a.zip")
        only_clamd_s = attached(zipped(MADE_UP), "b.zip")
        bad = [sender.send(raw) for raw in (plain, *base64_and_zip, only_clamd_s)]
        good = sender.send(attached(zipped(base64.b64encode(bytes(range(256)) * 500)), "b.zip"))
        for message_id in bad:
            sender.until(message_id, "Send", "Reject")
        sender.until(good, "Send", "Delivery")
        messages = service.get("/_aws/ses")["messages"]
        assert [message["Id"] for message in messages] == [good]
        status, health = healthz(service)
        assert status == 200
        [finding] = [each for each in health["findings"] if each["check"] == "virus scan"]
        assert finding["text"].startswith("ClamAV ")


def test_mail_waits_while_clamav_is_away_and_is_delivered_once_when_it_is_back(
    scanner: Clamd, configuration: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with running(data, "--config", str(configuration)) as service:
        sender = Sender(service)
        before = sender.send(attached(b"before", "a.txt"))
        sender.until(before, "Send", "Delivery")
        scanner.stop()
        waiting = [sender.send(attached(b"meanwhile", f"{n}.txt")) for n in range(20)]
        bad = sender.send(attached(EICAR, "a.txt"))
        wait_until(lambda: "virus scanner unavailable" in service.log())
        assert healthz(service)[0] == 503
        status, said = doctor(data, configuration)
        assert status == 1
        assert "PROBLEM  virus scan" in said
        for message_id in (*waiting, bad):
            assert sender.kinds(message_id) == ["Send"]
        scanner.start()
        for message_id in waiting:
            sender.until(message_id, "Send", "Delivery")
        sender.until(bad, "Send", "Reject")
        messages = service.get("/_aws/ses")["messages"]
        assert sorted(message["Id"] for message in messages) == sorted([before, *waiting])
        assert settled(data)["agrees"]
        assert service.log().count("virus scanner unavailable") == 1


def test_a_restart_while_clamav_is_away_loses_nothing(
    scanner: Clamd, configuration: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    scanner.stop()
    with running(data, "--config", str(configuration)) as service:
        sender = Sender(service)
        waiting = [sender.send(attached(b"meanwhile", f"{n}.txt")) for n in range(5)]
        wait_until(lambda: "virus scanner unavailable" in service.log())
        service.kill()
    with running(data, "--config", str(configuration)) as service:
        again = Sender.__new__(Sender)
        again.service = service
        for message_id in waiting:
            assert again.kinds(message_id) == ["Send"]
        scanner.start()
        for message_id in waiting:
            again.until(message_id, "Send", "Delivery")


def test_a_message_longer_than_clamav_takes_waits_alone_and_doctor_says_how_to_mend_it(
    configuration: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with running(data, "--config", str(configuration)) as service:
        sender = Sender(service)
        large = sender.send(attached(bytes(3_000_000), "large.bin"))
        small = sender.send(attached(b"small", "small.txt"))
        sender.until(small, "Send", "Delivery")
        wait_until(lambda: "can't be scanned" in service.log())
        assert sender.kinds(large) == ["Send"]
        status, said = doctor(data, configuration)
        assert status == 0
        assert "StreamMaxLength" in said
        service.step(15 * 3600)
        sender.until(large, "Send", "Bounce")
