"""A raw message goes out as SES sends it: our ids and dates, no Bcc, no control fields, CRLF only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.mail.normalise import LineTooLongError, check_lines, crlf, prepare


def test_ids_and_control_fields_are_replaced_and_the_rest_stays() -> None:
    raw = (
        b"Return-Path: <old@example.com>\nX-SES-CONFIGURATION-SET: set\nx-ses-message-tags: a=b\nFrom: a@example.com\n"
        b"Message-ID: <mine>\nBcc: c@example.com,\n d@example.com\nDKIM-Signature: v=1;\n\tb=abc\nDate: yesterday\n\nhello\n"
    )
    assert prepare(raw, "<id@example.com>", "today") == (
        b"From: a@example.com\r\nMessage-ID: <id@example.com>\r\nDKIM-Signature: v=1;\r\n\tb=abc\r\nDate: today\r\n\r\nhello\r\n"
    )


def test_missing_fields_are_added() -> None:
    assert prepare(b"Content-Type: text/html\r\n\r\nx", "<id>", "today", "a@example.com") == (
        b"Content-Type: text/html\r\nFrom: a@example.com\r\nMessage-ID: <id>\r\nDate: today\r\nMIME-Version: 1.0\r\n\r\nx"
    )
    assert b"From: =?utf-8?B?SsO8cmdlbg==?=\r\n <j@example.com>\r\n" in prepare(
        b"", "<id>", "d", "Jürgen <j@example.com>"
    )
    assert prepare(b"", "<id>", "today") == b"Message-ID: <id>\r\nDate: today\r\n\r\n"


def test_a_message_without_blank_line_keeps_its_body() -> None:
    assert prepare(b"From: a\r\nnot a field\r\n", "<id>", "d").endswith(b"\r\n\r\nnot a field\r\n")


@given(
    st.lists(st.sampled_from([b"A: b", b"\r\n", b"\n", b" c", b"Bcc: x", b"\r", b".", b"\r\n.\r\n"])).map(
        b"".join
    )
)
def test_no_bare_line_end_is_left_for_a_receiver_to_misread(raw: bytes) -> None:
    sent = prepare(raw, "<id>", "d").replace(b"\r\n", b"")
    assert b"\r" not in sent
    assert b"\n" not in sent


def test_crlf_messages_are_not_copied() -> None:
    raw = b"A: b\r\n\r\nx\r\n"
    assert crlf(raw) is raw


def test_lines_over_a_thousand_bytes_are_refused() -> None:
    check_lines(b"x" * 998 + b"\r\n")
    with pytest.raises(LineTooLongError):
        check_lines(b"x\r\n" + b"x" * 999 + b"\r\n")
