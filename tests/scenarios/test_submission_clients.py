"""Programs that nobody here wrote submit mail by SMTP: swaks, Python's smtplib, Nodemailer."""

import json
import smtplib
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios import senders
from tests.scenarios.senders import Sender, arrived, check_counted, check_mail, installed
from tests.scenarios.service import Service, running
from tests.scenarios.submitting import connected, message_id, send
from tools import environments
from tools.node import node
from tools.system_packages import WANTED, find, is_there


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("clients") / "data") as started:
        senders.prepare(started)
        yield started


def mail(campaign: str) -> EmailMessage:
    """The mail that all of the sending scenarios send, with what an application adds for SES."""
    message = EmailMessage()
    message["From"] = f"Blumen <{senders.SENDER}>"
    message["To"], message["Cc"], message["Bcc"] = senders.TO, senders.CC, senders.BCC
    message["Subject"] = senders.SUBJECT
    message["X-SES-CONFIGURATION-SET"] = senders.SET
    message["X-SES-MESSAGE-TAGS"] = f"campaign={campaign}"
    message.set_content(senders.TEXT)
    message.add_alternative(senders.HTML, subtype="html")
    name, text, kind = senders.ATTACHMENT
    message.add_attachment(text.encode(), *kind.split("/"), filename=name)
    return message


def check_sent(service: Service, reply: str, campaign: str) -> None:
    """What SES promises of a message: its id finds the mail and its events, and it is counted."""
    found = message_id(reply)
    check_mail(arrived(service, found))
    events = service.get(f"/_mailgauge/events?message={found}")["events"]
    sent = next(each for each in events if each["eventType"] == "Send")["mail"]
    assert sent["destination"] == [senders.TO, senders.CC, senders.BCC]
    assert sent["tags"]["campaign"] == [campaign]
    assert sent["tags"]["ses:operation"] == ["SendRawEmail"]
    assert sent["tags"]["ses:source-tls-version"] == ["TLSv1.3"]
    check_counted(service, campaign, 3)


@pytest.mark.parametrize("port", ["smtp", "smtps"])
def test_smtplib_sends_whole_mail(service: Service, port: str) -> None:
    campaign = f"smtplib-{port}"
    with connected(service, port) as client:
        client.login("000000000000", "anything")
        people = [senders.TO, senders.CC, senders.BCC]
        check_sent(service, send(client, senders.SENDER, people, bytes(mail(campaign))), campaign)


def test_smtplib_sends_message_after_message(service: Service) -> None:
    with connected(service) as client:
        client.login("000000000000", "anything")
        for number in range(5):
            assert client.send_message(mail(f"many-{number}")) == {}
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("nobody@example.org", ["you@example.net"], "From: nobody@example.org\r\n\r\n")
        assert refused.value.smtp_code == 554
        assert client.send_message(mail("many-5")) == {}
    check_counted(service, "many-5", 3)


class Swaks:
    """Swiss Army Knife for SMTP, the tool that people try mail servers with."""

    def __init__(self, program: Path, service: Service) -> None:
        self._program = program
        self._service = service

    def __call__(self, *options: str, port: str = "smtp") -> tuple[int, str]:
        """Its exit status, and the dialogue it shows."""
        tls = "--tls-on-connect" if port == "smtps" else "--tls"
        command = [str(self._program), "--server", self._service.addresses[port], tls, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def swaks(service: Service) -> Swaks:
    program = find("swaks")
    if program is None or not all(is_there(one) for one in WANTED if one.program == "swaks"):
        pytest.skip("SKIPPED: swaks is not installed (Debian packages swaks and libnet-ssleay-perl)")
    return Swaks(program, service)


def login(method: str, password: str = "anything") -> list[str]:
    return ["--auth", method, "--auth-user", "000000000000", "--auth-password", password]


def reply_to_data(dialogue: str) -> str:
    """What the server said last before QUIT; ``<~`` is its mark of encrypted replies."""
    [*_, last] = [line[4:] for line in dialogue.splitlines() if line.startswith(("<~  250 Ok 0", "<~* 554"))]
    return last


@pytest.mark.parametrize("port", ["smtp", "smtps"])
@pytest.mark.parametrize("method", ["PLAIN", "LOGIN"])
def test_swaks_sends_whole_mail(
    service: Service, swaks: Swaks, tmp_path: Path, port: str, method: str
) -> None:
    campaign = f"swaks-{port}-{method}"
    (tmp_path / "mail").write_bytes(bytes(mail(campaign)))
    people = f"{senders.TO},{senders.CC},{senders.BCC}"
    envelope = ["--from", senders.SENDER, "--to", people, "--data", f"@{tmp_path / 'mail'}"]
    status, dialogue = swaks(*envelope, *login(method), port=port)
    assert status == 0, dialogue
    check_sent(service, reply_to_data(dialogue), campaign)


def test_swaks_is_told_why_a_message_is_refused(swaks: Swaks) -> None:
    status, dialogue = swaks("--from", "nobody@example.org", "--to", "you@example.net", *login("PLAIN"))
    assert status == 26, dialogue
    assert reply_to_data(dialogue) == (
        "554 Message rejected: Email address is not verified. The following identities failed the check in region "
        "US-EAST-1: nobody@example.org"
    )


def test_swaks_pipelines(service: Service, swaks: Swaks) -> None:
    status, dialogue = swaks(
        "--from",
        senders.SENDER,
        "--to",
        senders.TO,
        "--pipeline",
        "--header",
        "Subject: piped",
        *login("PLAIN"),
    )
    assert status == 0, dialogue
    assert arrived(service, message_id(reply_to_data(dialogue)))["Subject"] == "piped"


def test_swaks_gets_nowhere_without_tls_or_a_login(service: Service, swaks: Swaks) -> None:
    envelope = ["--from", senders.SENDER, "--to", senders.TO]
    status, dialogue = swaks(*envelope)
    assert status != 0
    assert "530 Authentication required" in dialogue
    plain = [str(find("swaks")), "--server", service.addresses["smtp"], *envelope]
    done = subprocess.run(plain, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "530 Must issue a STARTTLS command first" in done.stdout


@pytest.mark.parametrize("port", ["smtp", "smtps"])
def test_nodemailer_sends_whole_mail_over_kept_connections(service: Service, port: str) -> None:
    folder = Path(__file__).parent / "nodemailer"
    modules = installed("Nodemailer", lambda: environments.node_environment("nodemailer", folder))
    host, _, number = service.addresses[port].rpartition(":")
    options: dict[str, Any] = {
        "host": host,
        "port": int(number),
        "secure": port == "smtps",
        "requireTLS": True,
        "tls": {"rejectUnauthorized": False},
        "auth": {"user": "000000000000", "pass": "anything"},
        "pool": True,
    }
    name, content, kind = senders.ATTACHMENT
    message: dict[str, Any] = {
        "from": senders.SENDER,
        "to": senders.TO,
        "cc": senders.CC,
        "bcc": senders.BCC,
        "subject": senders.SUBJECT,
        "text": senders.TEXT,
        "html": senders.HTML,
        "attachments": [{"filename": name, "content": content, "contentType": kind}],
        "headers": {"X-SES-CONFIGURATION-SET": senders.SET},
    }
    with Sender.running(
        service, [node(), folder / "driver.mjs"], modules, {"SMTP": json.dumps(options)}
    ) as sender:
        assert sender.do("verify") is True
        for round_ in ("one", "two"):
            campaign = f"nodemailer-{port}-{round_}"
            tags = {"X-SES-MESSAGE-TAGS": f"campaign={campaign}"}
            sent = sender.do({**message, "headers": {**message["headers"], **tags}})
            check_sent(service, sent["response"], campaign)
        error = sender.ask({**message, "from": "stranger@example.org"})["error"]
        assert "554 Message rejected: Email address is not verified." in error["message"]
