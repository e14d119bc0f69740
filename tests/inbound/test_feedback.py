"""Mail to a return path is understood, whatever its bytes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.inbound.feedback import AutoReply, Bounce, BouncedRecipient, Complaint, Notice, read_feedback
from mailgauge.mail import arf, autoreply, dsn
from mailgauge.mail.report import Cover

COVER = Cover(
    "mailer@example.org", "b-x@example.com", "Report", "Sun, 15 Jun 2025 15:06:40 +0000", "<r1@example.org>"
)
ORIGINAL = b"Message-ID: <m1@example.com>\r\n\r\nhello"


def notification(*recipients: dsn.RecipientStatus) -> bytes:
    return dsn.build(dsn.Dsn("dns; mx.example.org", recipients), COVER, ORIGINAL)


def test_an_abuse_report_is_a_complaint() -> None:
    report = arf.AbuseReport(
        "abuse", "Loop/1.0", ("joe@example.org",), arrival_date="Sun, 15 Jun 2025 15:06:40 +0000"
    )
    [complaint] = read_feedback(arf.build(report, COVER, ORIGINAL))
    assert isinstance(complaint, Complaint)
    assert (complaint.recipients, complaint.feedback_type) == (("joe@example.org",), "abuse")
    assert (complaint.user_agent, complaint.arrival_date) == ("Loop/1.0", 1_750_000_000.0)
    assert complaint.provider_domain == "example.org"


def test_a_notification_is_one_bounce_for_each_cause() -> None:
    unknown, full = "smtp; 550 5.1.1 user unknown", "smtp; 552 5.2.2 full"
    found = read_feedback(
        notification(
            dsn.RecipientStatus(
                "forwarded@example.net", "a@example.org", "failed", "5.1.1", unknown, "dns; mx2.example.org"
            ),
            dsn.RecipientStatus("b@example.org", None, "failed", "5.1.1", unknown),
            dsn.RecipientStatus("c@example.org", None, "failed", "5.2.2", full),
            dsn.RecipientStatus("d@example.org", None, "delayed", "4.2.2", None),
            dsn.RecipientStatus("e@example.org", None, "delivered", "2.0.0", None),
        )
    )
    assert all(isinstance(each, Bounce) for each in found)
    bounces = [each for each in found if isinstance(each, Bounce)]
    assert [("/".join(each.bounce_class), [who.email for who in each.recipients]) for each in bounces] == [
        ("Permanent/General", ["a@example.org", "b@example.org"]),
        ("Transient/MailboxFull", ["c@example.org"]),
    ]
    assert bounces[0].recipients[1] == BouncedRecipient("b@example.org", "failed", "5.1.1", unknown)
    assert (bounces[0].reporting_mta, bounces[0].remote_mta) == (
        "dns; mx.example.org",
        "dns; mx2.example.org",
    )
    assert len({each.key for each in bounces}) == 2


def test_a_delay_is_no_bounce() -> None:
    [notice] = read_feedback(notification(dsn.RecipientStatus("a@example.org", None, "delayed", "4.2.2")))
    assert isinstance(notice, Notice)


def test_an_answer_is_noted_and_a_letter_is_nothing() -> None:
    [answer] = read_feedback(autoreply.build(COVER, "away\n", ORIGINAL))
    assert isinstance(answer, AutoReply)
    assert read_feedback(b"Subject: hello\r\n\r\nHow are you?") == []


def test_the_same_report_has_the_same_key() -> None:
    raw = notification(dsn.RecipientStatus("a@example.org", None, "failed", "5.1.1"))
    [first], [second] = read_feedback(raw), read_feedback(b"Received: again\r\n" + raw)
    assert first.key == second.key
    assert first.key != read_feedback(raw.replace(b"<r1@", b"<r2@"))[0].key


@given(st.binary(max_size=300))
def test_no_bytes_break_it(raw: bytes) -> None:
    read_feedback(raw)


_SAID = [
    "From: MAILER-DAEMON@example.org", "Subject: failure notice", "X-Failed-Recipients: a@example.org",
    "X-Mailer: <SMTP32 v20>", "Content-Type: multipart/report; boundary=x", "Content-Type: text/plain", "--x", "--x--", "",
    "Hi. This is the qmail-send program", "<a@example.org>:", "the following addresses had", "failed addresses follow:",
    "Final-Recipient: rfc822; a@example.org", "Action: failed", "Content-Type: message/delivery-status",
    "did not reach the following recipient", "Intended recipient: a@b", "550 5.1.1 no", "Content-Type: message/rfc822",
    "Feedback-Type: abuse", "Content-Type: message/feedback-report", "Auto-Submitted: auto-replied",
]  # fmt: skip
_LINES = st.one_of(st.sampled_from(_SAID), st.text(max_size=20))


@given(st.lists(_LINES, max_size=30))
def test_no_mixture_of_what_bounces_say_breaks_it(lines: list[str]) -> None:
    read_feedback("\r\n".join(lines).encode(errors="replace"))


_FROM = b"From: MAILER-DAEMON@example.org\r\nSubject: failure notice\r\n"
_HOSTILE = {
    "one long line of a pattern": _FROM + b"\r\nfailed addresses follow:" + b"a" * 2_000_000,
    "many lines of a pattern": _FROM + b"\r\nfailed addresses follow:\r\n" + (b"x" * 290 + b"\r\n") * 9_000,
    "blanks": _FROM + b"\r\nYour message to:\r\n" + (b" " * 290 + b"\r\n") * 9_000,
    "a header without end": b"A" * 5_000_000,
    "a field without end": _FROM + b"X: " + b" a\r\n" * 500_000,
    "a million fields": _FROM + b"a: b\r\n" * 1_000_000,
    "a subject without end": b"From: mailer-daemon@x.example\r\nSubject: " + b"=?utf-8?b?w6k=?= " * 200_000,
    "parts in parts": b"Content-Type: multipart/report; boundary=a\r\n\r\n"
    + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 20_000,
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 30_000,
    "a recipient for each line": b"Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n"
    b"Content-Type: message/delivery-status\r\n\r\n" + b"Final-Recipient: rfc822;a@b\r\n\r\n" * 20_000,
}


@pytest.mark.parametrize("raw", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_no_message_takes_long(raw: bytes) -> None:
    started = time.process_time()
    read_feedback(raw)
    assert time.process_time() - started < 5
