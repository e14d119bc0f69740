"""The feedback listener as a dialogue: only our return paths, and 250 only for what is committed."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator
from functools import partial

import pytest
import trustme

from mailgauge.base.clock import SystemClock
from mailgauge.base.ids import new_message_id
from mailgauge.inbound.feedback import AutoReply, Complaint, Feedback
from mailgauge.inbound.listener import FeedbackListener
from mailgauge.mail import arf, autoreply
from mailgauge.mail.report import Cover
from mailgauge.mail.verp import message_of, return_path
from mailgauge.smtp.client import Connections, Destination, Outcome, Tls

SECRET = b"s" * 32
MESSAGE_ID = new_message_id("us-east-1", 1_750_000_000)
OURS = return_path(MESSAGE_ID, "example.com", SECRET)
COVER = Cover("mailer@example.org", OURS, "Report", "Sun, 15 Jun 2025 15:06:40 +0000", "<r1@example.org>")
REPORT = arf.build(arf.AbuseReport("abuse", original_rcpt_to=("joe@example.org",)), COVER, b"")


class Setting:
    """A listener, what it handed on, and a sender."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.feedback: list[tuple[str, Feedback]] = []
        self.broken = False
        self.connections = Connections(SystemClock(), "mx.example.org")
        find = partial(message_of, secret=SECRET)
        self.listener = FeedbackListener(find, self.take, port=0, hostname="mx.example.com", tls=tls)

    async def take(self, message_id: str, feedback: Feedback) -> None:
        if self.broken:
            raise RuntimeError("the store is full")
        self.feedback.append((message_id, feedback))

    async def send(self, message: bytes, *recipients: str) -> Outcome:
        to = Destination("127.0.0.1", self.listener.port, Tls.OFF)
        return await self.connections.send(to, "", recipients, message)


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    made = Setting()
    await made.listener.start()
    yield made
    await made.connections.close()
    await made.listener.stop()


async def test_a_report_reaches_its_message(setting: Setting) -> None:
    outcome = await setting.send(REPORT, OURS.upper())
    assert [reply.line for reply in outcome.replies.values()] == ["250 2.0.0 Ok"]
    [(message_id, complaint)] = setting.feedback
    assert message_id == MESSAGE_ID
    assert isinstance(complaint, Complaint)
    assert complaint.recipients == ("joe@example.org",)


@pytest.mark.parametrize(
    "address",
    ["postmaster@example.com", OURS.replace("example.com", "example.org"), "b-" + "a" * 56 + "@example.com"],
    ids=["no return path", "another domain", "a wrong seal"],
)
async def test_other_addresses_are_refused(setting: Setting, address: str) -> None:
    outcome = await setting.send(REPORT, address)
    assert [reply.line for reply in outcome.replies.values()] == [
        "550 5.7.1 Not a return path of this server"
    ]
    assert setting.feedback == []


async def test_what_could_not_be_committed_is_refused_for_now(setting: Setting) -> None:
    setting.broken = True
    outcome = await setting.send(REPORT, OURS)
    assert [reply.line for reply in outcome.replies.values()] == ["451 4.3.0 Temporary service failure"]
    setting.broken = False
    assert (await setting.send(REPORT, OURS)).accepted
    assert len(setting.feedback) == 1


async def test_answers_are_noted_and_letters_taken_without_a_word(setting: Setting) -> None:
    assert (await setting.send(autoreply.build(COVER, "away\n", b""), OURS)).accepted
    assert (await setting.send(b"Subject: hello\r\n\r\nHow are you?\r\n", OURS)).accepted
    assert [type(feedback) for _, feedback in setting.feedback] == [AutoReply]


def encrypted(port: int, tls: ssl.SSLContext) -> None:
    """What a receiving server does that takes TLS where it is offered, with the standard library's client."""
    with smtplib.SMTP("localhost", port) as client:
        client.starttls(context=tls)
        client.ehlo()
        assert not client.has_extn("auth")
        client.sendmail("", [OURS], REPORT)


async def test_reports_come_by_tls_or_without() -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    setting = Setting(server)
    await setting.listener.start()
    await asyncio.to_thread(encrypted, setting.listener.port, client)
    assert len(setting.feedback) == 1
    assert (await setting.send(REPORT, OURS)).accepted
    await setting.connections.close()
    await setting.listener.stop()
