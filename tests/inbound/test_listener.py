"""The feedback listener as a dialogue: only our return paths, and 250 only for what is committed."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Sequence
from functools import partial

import pytest
import trustme

from mailgauge.base.clock import SystemClock
from mailgauge.base.ids import new_message_id
from mailgauge.inbound.feedback import AutoReply, Complaint, Feedback
from mailgauge.inbound.listener import FeedbackListener, Mailboxes
from mailgauge.mail import arf, autoreply, dsn
from mailgauge.mail.report import Cover
from mailgauge.mail.verp import message_of, return_path
from mailgauge.smtp.client import Connections, Destination, Outcome, Tls
from mailgauge.smtp.server import Envelope

SECRET = b"s" * 32
MESSAGE_ID = new_message_id("us-east-1", 1_750_000_000)
OURS = return_path(MESSAGE_ID, "example.com", SECRET)
COVER = Cover("mailer@example.org", OURS, "Report", "Sun, 15 Jun 2025 15:06:40 +0000", "<r1@example.org>")
REPORT = arf.build(arf.AbuseReport("abuse", original_rcpt_to=("joe@example.org",)), COVER, b"")


class Setting:
    """A listener, what it handed on, and a sender."""

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        mailboxes: Mailboxes | None = None,
        letters: Sequence[Envelope] = (),
    ) -> None:
        self.feedback: list[tuple[str, Feedback]] = []
        self.letters = letters
        self.broken = False
        self.connections = Connections(SystemClock(), "mx.example.org")
        find = partial(message_of, secret=SECRET)
        self.listener = FeedbackListener(
            find, self.take, port=0, hostname="mx.example.com", tls=tls, mailboxes=mailboxes
        )

    async def take(self, message_id: str, feedback: Feedback) -> None:
        if self.broken:
            raise RuntimeError("the store is full")
        self.feedback.append((message_id, feedback))

    async def send(self, message: bytes, *recipients: str, mail_from: str = "") -> Outcome:
        to = Destination("127.0.0.1", self.listener.port, Tls.OFF)
        return await self.connections.send(to, mail_from, recipients, message)

    async def reply(self, message: bytes, *recipients: str, mail_from: str = "") -> str:
        outcome = await self.send(message, *recipients, mail_from=mail_from)
        [line] = {reply.line for reply in outcome.replies.values()}
        return line


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


LETTER = b"From: joe@example.org\r\nSubject: hello\r\n\r\nHow are you?\r\n"
LOOP = "fbl@example.com"


async def test_who_writes_to_a_return_path_is_told_that_nobody_reads_it(setting: Setting) -> None:
    assert (await setting.reply(LETTER, OURS, mail_from="joe@example.org")).startswith(
        "550 5.7.1 Reports only"
    )
    assert await setting.reply(LETTER, OURS) == "250 2.0.0 Ok", "to refuse it to a server would help nobody"
    delayed = dsn.RecipientStatus("joe@example.org", None, "delayed", "4.2.2")
    notice = dsn.build(dsn.Dsn("dns; mx.example.org", (delayed,)), COVER, b"")
    assert await setting.reply(notice, OURS, mail_from="mailer@example.org") == "250 2.0.0 Ok"


async def test_a_transaction_has_few_recipients(setting: Setting) -> None:
    others = [
        return_path(new_message_id("us-east-1", 1_750_000_000), "example.com", SECRET) for _ in range(101)
    ]
    outcome = await setting.send(REPORT, *others)
    lines = [reply.line for reply in outcome.replies.values()]
    assert lines.count("250 2.0.0 Ok") == 100
    assert lines.count("452 4.5.3 Too many recipients") == 1


@pytest.fixture
async def office() -> AsyncIterator[Setting]:
    """With an operator who reads, and an address that is registered with feedback loops."""
    letters: list[Envelope] = []

    async def keep(letter: Envelope) -> None:
        letters.append(letter)

    made = Setting(mailboxes=Mailboxes("example.com", frozenset({LOOP}), keep), letters=letters)
    await made.listener.start()
    yield made
    await made.connections.close()
    await made.listener.stop()


def loop_report(original: bytes, mail_from: str | None = None) -> bytes:
    report = arf.AbuseReport("abuse", original_rcpt_to=("joe@example.org",), original_mail_from=mail_from)
    return arf.build(report, COVER, original)


@pytest.mark.parametrize(
    "report",
    [
        loop_report(b"", OURS),
        loop_report(f"Return-Path: <{OURS}>\r\nSubject: x\r\n".encode()),
        loop_report(f"Authentication-Results: mx.example.org; spf=pass smtp.mailfrom={OURS}\r\n".encode()),
    ],
    ids=["Original-Mail-From", "Return-Path", "Authentication-Results"],
)
async def test_reports_of_feedback_loops_find_their_message_by_its_return_path(
    office: Setting, report: bytes
) -> None:
    assert await office.reply(report, LOOP.upper(), mail_from="loop@example.org") == "250 2.0.0 Ok"
    [(message_id, complaint)] = office.feedback
    assert message_id == MESSAGE_ID
    assert isinstance(complaint, Complaint)


async def test_reports_without_a_true_return_path_are_about_no_message(office: Setting) -> None:
    made_up = f"Return-Path: <b-{'a' * 56}@example.com>\r\nMessage-ID: <{MESSAGE_ID}@example.com>\r\n"
    assert await office.reply(loop_report(made_up.encode()), LOOP) == "250 2.0.0 Ok"
    assert not office.feedback
    assert not office.letters


async def test_the_operator_gets_letters_and_what_providers_ask_there(office: Setting) -> None:
    for address in ("postmaster@example.com", "Abuse@Example.com", LOOP):
        assert await office.reply(LETTER, address, mail_from="joe@example.org") == "250 2.0.0 Ok"
    assert [letter.recipients for letter in office.letters] == [
        ["postmaster@example.com"],
        ["Abuse@Example.com"],
        [LOOP],
    ]


async def test_letters_to_the_operator_are_of_bounded_size(office: Setting) -> None:
    assert (await office.reply(LETTER * 20_000, "postmaster@example.com")).startswith("552 5.3.4")
    assert not office.letters


async def test_without_an_operator_postmaster_is_refused_in_words(setting: Setting) -> None:
    assert await setting.reply(LETTER, "postmaster") == "550 5.1.1 Nobody reads mail for it here"


_HOSTILE = [
    b"From: MAILER-DAEMON@example.org\r\n" + b"X-Field: a\r\n" * 300_000 + b"\r\nhello\r\n",
    b"Content-Type: multipart/report; boundary=a\r\n\r\n"
    + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 15_000,
    b"From: MAILER-DAEMON@example.org\r\nSubject: failure notice\r\n\r\nfailed addresses follow:\r\n"
    + (b"x" * 290 + b"\r\n") * 10_000,
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\r\n\r\n--a\r\n"
    b"Content-Type: message/delivery-status\r\n\r\n"
    + b"Final-Recipient: rfc822;a@b\r\nAction: failed\r\n\r\n"
    * 20_000,
]


async def test_hostile_reports_are_answered_and_hold_up_nobody(setting: Setting) -> None:
    async with asyncio.timeout(60):
        hostile = [asyncio.ensure_future(setting.reply(each, OURS)) for each in _HOSTILE]
        assert await setting.reply(REPORT, OURS) == "250 2.0.0 Ok"
        assert await asyncio.gather(*hostile) == ["250 2.0.0 Ok"] * len(_HOSTILE)


async def test_a_report_beyond_all_size_is_refused(setting: Setting) -> None:
    outcome = await setting.send(b"X-Field: a\r\n" * 1_000_000, OURS)
    assert not outcome.accepted
