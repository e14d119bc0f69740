"""Submission by SMTP in `serve`: who gets in with which credentials, and SES's replies to what it does not take."""

import json
import smtplib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.scenarios.service import Service, clean_environment, running, wait_until
from tests.scenarios.submitting import connected, message_id, send, trusting

SENDER = "shop@example.com"
UNVERIFIED = (
    "554 Message rejected: Email address is not verified. The following identities failed the check in region"
)
MESSAGE = f"From: {SENDER}\r\nTo: you@example.net\r\nSubject: Hello\r\n\r\nHello.\r\n".encode()


class Installation:
    """A running `serve` on data of its own, with keys made beside it."""

    def __init__(self, service: Service, data: Path) -> None:
        self.service = service
        self.data = data
        self.key = self.new_key("full")
        for region in ("us-east-1", "eu-west-1"):
            self.client("sesv2", region).create_email_identity(EmailIdentity=SENDER)

    def run(self, *arguments: str) -> Any:
        command = [sys.executable, "-m", "mailgauge.cli.main", *arguments, "--data", str(self.data), "--json"]
        done = subprocess.run(
            command, capture_output=True, text=True, env=clean_environment(), check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def new_key(self, policy: str) -> dict[str, str]:
        key: dict[str, str] = self.run("keys", "create", "--name", policy, "--policy", policy)
        return key

    def client(self, name: str, region: str = "us-east-1") -> Any:
        session = boto3.session.Session(self.key["AccessKeyId"], self.key["SecretAccessKey"])
        return session.client(name, region_name=region, endpoint_url=self.service.http)

    def credentials(self, key: dict[str, str] | None = None, region: str = "us-east-1") -> tuple[str, str]:
        """As `mailgauge keys smtp` shows them."""
        [shown] = self.run("keys", "smtp", (key or self.key)["AccessKeyId"], "--region", region)
        return shown["UserName"], shown["Password"]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    data = tmp_path_factory.mktemp("submission") / "data"
    with running(data, "--verification", "automatic", mode="serve") as service:
        yield Installation(service, data)


def submit(installation: Installation, sender: str = SENDER, message: bytes = MESSAGE, *to: str) -> str:
    with connected(installation.service) as client:
        client.login(*installation.credentials())
        return send(client, sender, list(to) or ["you@example.net"], message)


@pytest.mark.parametrize("port", ["smtp", "smtps"])
@pytest.mark.parametrize("method", ["PLAIN", "LOGIN"])
def test_the_shown_credentials_send(installation: Installation, port: str, method: str) -> None:
    with connected(installation.service, port) as client:
        client.user, client.password = installation.credentials()
        client.auth(method, getattr(client, f"auth_{method.lower()}"))
        assert message_id(send(client, SENDER, ["you@example.net"], MESSAGE))


def test_the_password_decides_the_region(installation: Installation) -> None:
    with connected(installation.service) as client:
        client.login(*installation.credentials(region="eu-west-1"))
        before = installation.client("sesv2", "eu-west-1").get_account()["SendQuota"]["SentLast24Hours"]
        message_id(send(client, SENDER, ["you@example.net"], MESSAGE))
        after = installation.client("sesv2", "eu-west-1").get_account()["SendQuota"]["SentLast24Hours"]
    assert after == before + 1
    with connected(installation.service) as client:
        client.login(*installation.credentials(region="us-west-2"))
        assert send(client, SENDER, ["you@example.net"], MESSAGE) == f"{UNVERIFIED} US-WEST-2: {SENDER}"


def test_nobody_gets_in_with_anything_else(installation: Installation) -> None:
    name, password = installation.credentials()
    guesses = [(name, "guess"), ("AKIDUNKNOWN", password), (name, installation.key["SecretAccessKey"])]
    for guess in guesses:
        with connected(installation.service) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
                client.login(*guess)
            assert refused.value.smtp_code == 535
            assert b"Authentication Credentials Invalid" in refused.value.smtp_error
            assert client.mail(SENDER) == (530, b"Authentication required")
            assert client.rcpt("you@example.net")[0] == 503
            assert client.docmd("DATA")[0] == 503
    assert "SMTP login refused" in installation.service.log()
    assert password not in installation.service.log()


def test_who_was_let_in_is_sent_away_when_the_key_is_disabled(installation: Installation) -> None:
    key = installation.new_key("send")
    with connected(installation.service) as client:
        client.login(*installation.credentials(key))
        message_id(send(client, SENDER, ["you@example.net"], MESSAGE))
        installation.run("keys", "disable", key["AccessKeyId"])
        wait_until(
            lambda: send(client, SENDER, ["you@example.net"], MESSAGE),
            lambda reply: reply == "535 Authentication Credentials Invalid",
        )


def test_a_key_that_may_only_look_sends_nothing(installation: Installation) -> None:
    key = installation.new_key("read-only")
    with connected(installation.service) as client:
        client.login(*installation.credentials(key))
        account = key["Account"]
        assert send(client, SENDER, ["you@example.net"], MESSAGE) == (
            f"554 Access denied: User arn:aws:iam::{account}:user/read-only is not authorized to perform "
            f"ses:SendRawEmail on resource arn:aws:ses:us-east-1:{account}:identity/{SENDER}"
        )


def _with(*fields: str) -> bytes:
    return "".join(f"{field}\r\n" for field in fields).encode() + MESSAGE


@pytest.mark.parametrize(
    ("sender", "message", "reply"),
    [
        ("nobody@example.org", MESSAGE, f"{UNVERIFIED} US-EAST-1: nobody@example.org"),
        (
            SENDER,
            MESSAGE.replace(SENDER.encode(), b"other@example.org"),
            f"{UNVERIFIED} US-EAST-1: other@example.org",
        ),
        ("a..b@example.com", MESSAGE, "553 <a..b@example.com> Invalid email address"),
        ("no-domain", MESSAGE, "553 <no-domain> Invalid email address"),
        ("", MESSAGE, "553 <> Invalid email address"),
        (
            SENDER,
            _with("X-SES-CONFIGURATION-SET: no-such-set"),
            "554 Configuration set does not exist: Configuration set <no-such-set> does not exist.",
        ),
        (SENDER, _with("Subject: twice"), "554 Transaction failed: Duplicate header 'Subject'."),
        (
            SENDER,
            MESSAGE + b"x" * 1000 + b"\r\n",
            "554 Transaction failed: a line is longer than 1000 bytes",
        ),
        (
            SENDER,
            _with("Content-Type: application/x; name=run.exe"),
            "554 Transaction failed: Illegal filename 'run.exe'.",
        ),
    ],
)
def test_what_ses_would_not_take_is_refused_in_its_words(
    installation: Installation, sender: str, message: bytes, reply: str
) -> None:
    assert submit(installation, sender, message) == reply


def test_recipients_are_refused_when_they_are_none_and_when_they_are_too_many(
    installation: Installation,
) -> None:
    assert submit(installation, SENDER, MESSAGE, "you@example.net", "no-domain") == (
        "553 <no-domain> address unknown"
    )
    crowd = [f"{number}@example.net" for number in range(51)]
    assert submit(installation, SENDER, MESSAGE, *crowd) == (
        "554 Transaction failed: Recipient count exceeds 50."
    )


def test_a_size_beyond_the_limit_is_refused_before_the_message(installation: Installation) -> None:
    with connected(installation.service) as client:
        assert client.esmtp_features["size"] == str(40 * 1024 * 1024)
        client.login(*installation.credentials())
        assert client.mail(SENDER, [f"SIZE={40 * 1024 * 1024 + 1}"]) == (552, b"Message is too long.")


def _pause_account(installation: Installation) -> Callable[[], Any]:
    sesv2 = installation.client("sesv2")
    sesv2.put_account_sending_attributes(SendingEnabled=False)
    return lambda: sesv2.put_account_sending_attributes(SendingEnabled=True)


def _pause_set(installation: Installation) -> Callable[[], Any]:
    sesv2 = installation.client("sesv2")
    sesv2.create_configuration_set(ConfigurationSetName="paused", SendingOptions={"SendingEnabled": False})
    return lambda: sesv2.delete_configuration_set(ConfigurationSetName="paused")


@pytest.mark.parametrize(
    ("arrange", "reply"),
    [
        (_pause_account, "554 Message rejected: Email sending is disabled for this account."),
        (_pause_set, "554 Message rejected: Sending is paused for configuration set paused"),
    ],
)
def test_paused_sending_refuses(
    installation: Installation, arrange: Callable[[Installation], Callable[[], Any]], reply: str
) -> None:
    undo = arrange(installation)
    try:
        message = _with("X-SES-CONFIGURATION-SET: paused") if arrange is _pause_set else MESSAGE
        assert submit(installation, SENDER, message) == reply
    finally:
        undo()


@pytest.mark.parametrize(
    ("limits", "to", "reply"),
    [
        (("--max-24-hour-send", "1"), 2, "454 Throttling failure: Daily message quota exceeded"),
        (("--max-send-rate", "1"), 1, "454 Throttling failure: Maximum sending rate exceeded"),
    ],
)
def test_beyond_quota_and_rate_one_is_to_try_again(
    tmp_path: Path, limits: tuple[str, ...], to: int, reply: str
) -> None:
    with running(tmp_path / "data", *limits) as service:
        service.client("sesv2").create_email_identity(EmailIdentity=SENDER)
        with connected(service) as client:
            client.login("any", "thing")
            people = [f"{number}@example.net" for number in range(to)]
            said = [send(client, SENDER, people, MESSAGE) for _ in range(20)]
    assert reply in said


def test_without_a_login_not_even_the_open_mode_relays(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        for port in ("smtp", "smtps"):
            with connected(service, port) as client:
                assert client.mail("anybody@example.com") == (530, b"Authentication required")
                assert client.rcpt("anybody@example.net")[0] == 503
        host, _, number = service.addresses["smtp"].rpartition(":")
        with smtplib.SMTP(host, int(number), timeout=60) as client:
            client.ehlo()
            assert not client.has_extn("auth")
            assert client.mail("anybody@example.com") == (530, b"Must issue a STARTTLS command first")


EVIL = b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<evil@example.net>\r\nDATA\r\nFrom: evil@example.com\r\n\r\nevil"


def test_no_line_end_smuggles_a_second_message_through(tmp_path: Path) -> None:
    ends = [
        b"\n.\n",
        b"\n.\r\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\n\0.\r\n",
        b"\r\n.\r\r\n",
    ]
    with running(tmp_path / "data") as service:
        service.client("sesv2").create_email_identity(EmailIdentity="example.com")
        ids = []
        with connected(service) as client:
            client.login("any", "thing")
            for end in ends:
                client.mail(SENDER)
                client.rcpt("you@example.net")
                client.docmd("DATA")
                client.send(MESSAGE + b"before" + end + EVIL + b"\r\n.\r\n")
                code, text = client.getreply()
                ids.append(message_id(f"{code} {text.decode()}"))
            assert client.noop()[0] == 250
        arrived = service.get("/_aws/ses")["messages"]
    assert sorted(each["Id"] for each in arrived) == sorted(ids)
    assert {each["Source"] for each in arrived} == {SENDER}
    assert {address for each in arrived for address in each["Destination"]["ToAddresses"]} == {
        "you@example.net"
    }


def test_what_is_said_in_the_clear_behind_starttls_is_forgotten(installation: Installation) -> None:
    host, _, number = installation.service.addresses["smtp"].rpartition(":")
    with socket.create_connection((host, int(number)), 30) as plain:
        assert plain.recv(1000).startswith(b"220 ")
        plain.sendall(b"EHLO me\r\n")
        assert b"STARTTLS" in plain.recv(1000)
        plain.sendall(b"STARTTLS\r\nEHLO evil\r\nNOOP\r\n" + EVIL)
        assert plain.recv(1000) == b"220 Ready to start TLS\r\n"
        with trusting().wrap_socket(plain) as encrypted:
            encrypted.sendall(b"NOOP\r\n")
            assert encrypted.recv(1000) == b"250 Ok\r\n"
            encrypted.sendall(b"MAIL FROM:<evil@example.com>\r\n")
            assert encrypted.recv(1000) == b"503 Send EHLO first\r\n"
