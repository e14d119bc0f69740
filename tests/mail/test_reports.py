"""DSN, ARF and automatic replies: what we build we read, and no bytes raise anything but the module's own error."""

import contextlib
from email import message_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgauge.mail import arf, autoreply, dsn
from mailgauge.mail.headers import HeaderInjectionError
from mailgauge.mail.report import Cover

COVER = Cover(
    "mailer@example.org", "b-x@example.com", "Report", "Sun, 15 Jun 2025 15:06:40 +0000", "<r1@example.org>"
)
ORIGINAL = b"From: a@example.com\r\nTo: joe@example.org\r\nMessage-ID: <m1@example.com>\r\nSubject: hi\r\n\r\nsecret body"
DSN = dsn.Dsn(
    reporting_mta="dns; mx.example.org",
    arrival_date="Sun, 15 Jun 2025 15:06:40 +0000",
    original_message_id="<m1@example.com>",
    recipients=(
        dsn.RecipientStatus(
            "joe@example.org",
            "joe@example.org",
            "failed",
            "5.1.1",
            "smtp; 550 5.1.1 user unknown",
            "dns; mx2.example.org",
        ),
        dsn.RecipientStatus("ann@example.org", None, "delayed", "4.2.2", None, None),
    ),
)
ARF = arf.AbuseReport(
    feedback_type="abuse",
    user_agent="Loop/1.0",
    original_rcpt_to=("joe@example.org", "ann@example.org"),
    original_mail_from="b-x@example.com",
    arrival_date="Sun, 15 Jun 2025 15:06:40 +0000",
    source_ip="192.0.2.1",
    reported_domain="example.com",
    original_message_id="<m1@example.com>",
)


def test_a_notification_is_read_as_it_was_built() -> None:
    raw = dsn.build(DSN, COVER, ORIGINAL)
    assert dsn.parse(raw) == DSN
    assert b"secret body" not in raw
    assert message_from_bytes(raw).get_content_type() == "multipart/report"
    assert [each.has_failed for each in DSN.recipients] == [True, False]


def test_a_report_is_read_as_it_was_built() -> None:
    raw = arf.build(ARF, COVER, ORIGINAL)
    assert arf.parse(raw) == ARF
    assert b"secret body" not in raw


def test_line_ends_and_base64_of_other_systems_are_read() -> None:
    raw = dsn.build(DSN, COVER, ORIGINAL).replace(b"\r\n", b"\n")
    assert dsn.parse(raw) == DSN
    arf_raw = arf.build(ARF, COVER, ORIGINAL).replace(b"\r\n", b"\n")
    assert arf.parse(arf_raw) == ARF


def test_one_kind_is_not_taken_for_another() -> None:
    with pytest.raises(dsn.DsnError):
        dsn.parse(arf.build(ARF, COVER, ORIGINAL))
    with pytest.raises(arf.ArfError):
        arf.parse(dsn.build(DSN, COVER, ORIGINAL))
    with pytest.raises(dsn.DsnError):
        dsn.parse(b"")


def test_line_breaks_in_a_field_are_refused() -> None:
    with pytest.raises(HeaderInjectionError):
        dsn.build(dsn.Dsn("dns; x\r\nBcc: y", ()), COVER, ORIGINAL)
    with pytest.raises(HeaderInjectionError):
        arf.build(arf.AbuseReport("abuse", original_rcpt_to=("a@b\r\nBcc: y",)), COVER, ORIGINAL)


def mutations(raw: bytes) -> st.SearchStrategy[bytes]:
    """The report with a slice of it replaced by other bytes."""
    return st.tuples(st.integers(0, len(raw)), st.integers(0, 60), st.binary(max_size=20)).map(
        lambda cut: raw[: cut[0]] + cut[2] + raw[cut[0] + cut[1] :]
    )


@settings(max_examples=150)
@given(st.binary(max_size=300) | mutations(dsn.build(DSN, COVER, ORIGINAL)))
def test_no_bytes_break_the_reading_of_notifications(raw: bytes) -> None:
    with contextlib.suppress(dsn.DsnError):
        dsn.parse(raw)
    autoreply.is_auto_reply(raw)


@settings(max_examples=150)
@given(st.binary(max_size=300) | mutations(arf.build(ARF, COVER, ORIGINAL)))
def test_no_bytes_break_the_reading_of_reports(raw: bytes) -> None:
    with contextlib.suppress(arf.ArfError):
        arf.parse(raw)


def test_the_returned_message_may_be_large() -> None:
    raw = dsn.build(DSN, COVER, ORIGINAL).replace(b"Subject: hi", b"Subject: hi" + b"\r\n more" * 200_000)
    assert dsn.parse(raw).recipients == DSN.recipients


def test_deeply_nested_parts_are_refused_not_followed() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000))
    with pytest.raises(dsn.DsnError):
        dsn.parse(raw)


def test_an_automatic_reply_is_recognised_and_not_answered() -> None:
    raw = autoreply.build(COVER, "I am away.\n", ORIGINAL)
    assert autoreply.is_auto_reply(raw)
    assert message_from_bytes(raw)["In-Reply-To"] == "<m1@example.com>"
    assert not autoreply.may_answer(raw)
    assert not autoreply.may_answer(dsn.build(DSN, COVER, ORIGINAL))
    assert not autoreply.is_auto_reply(ORIGINAL)
    assert autoreply.may_answer(ORIGINAL)
    assert autoreply.is_auto_reply(b"Precedence: auto_reply\n\n")
    assert autoreply.is_auto_reply(b"X-Autoreply: yes\n\n")
    assert not autoreply.is_auto_reply(b"Auto-Submitted: no\nX-Autoreply: yes\n\n")
