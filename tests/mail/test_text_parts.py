"""Text parts are changed in their transfer encoding, and nothing else of a message is touched."""

import base64
import quopri
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.mail.text_parts import edit_text

OLD, NEW = b"{{here}}", b"https://example.com/" + b"x" * 80


def fill(subtype: str, text: bytes) -> bytes:
    return text.replace(OLD, NEW)


def single(body: bytes, encoding: str = "7bit", kind: str = "text/plain; charset=utf-8") -> bytes:
    head = f"Subject: =?utf-8?q?a?=\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + body


def text_of(raw: bytes) -> bytes:
    payload = message_from_bytes(raw).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("7bit", lambda text: text),
        ("8bit", lambda text: text),
        ("base64", lambda text: base64.encodebytes(text).replace(b"\n", b"\r\n")),
        ("BASE64", base64.b64encode),
        (
            "quoted-printable",
            lambda text: quopri.encodestring(text.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n"),
        ),
    ],
    ids=["7bit", "8bit", "base64", "one line", "quoted-printable"],
)
def test_a_text_is_changed_in_its_own_encoding(encoding: str, encode: object) -> None:
    assert callable(encode)
    text = "Grüße\r\n\r\nsee {{here}} = now\r\n".encode()
    changed = edit_text(single(encode(text), encoding), fill)
    assert text_of(changed) == text.replace(OLD, NEW)
    assert f"Content-Transfer-Encoding: {encoding}".encode() in changed
    assert all(len(line) <= 998 for line in changed.split(b"\r\n"))


def test_a_placeholder_is_found_across_a_soft_line_break_and_in_escapes() -> None:
    body = b"see {{he=\r\nre}} and =7B=7Bhere=7D=7D\r\n"
    assert (
        text_of(edit_text(single(body, "quoted-printable"), fill)) == b"see " + NEW + b" and " + NEW + b"\r\n"
    )


def test_a_line_that_gets_too_long_makes_its_part_quoted_printable() -> None:
    text = b"y" * 950 + OLD + b"\r\nend\r\n"
    changed = edit_text(single(text), fill)
    assert b"Content-Transfer-Encoding: quoted-printable" in changed
    assert text_of(changed) == text.replace(OLD, NEW)


def multipart() -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = "nested"
    message.set_content("plain {{here}}")
    message.add_alternative("<p>{{here}} grüß</p>", subtype="html", cte="base64")
    message.add_attachment(b"{{here}}", maintype="text", subtype="plain", filename="kept.txt")
    message.add_attachment(b"{{here}}", maintype="application", subtype="octet-stream", filename="kept.bin")
    return message.as_bytes()


def test_every_text_part_of_nested_parts_is_changed_and_no_attachment() -> None:
    raw = multipart()
    parsed = message_from_bytes(edit_text(raw, fill), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    plain, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().strip() == f"plain {NEW.decode()}"
    assert html.get_content().strip() == f"<p>{NEW.decode()} grüß</p>"
    kept = [each.get_content() for each in parsed.iter_attachments()]
    assert [each if isinstance(each, bytes) else each.encode() for each in kept] == [OLD, OLD]


def test_the_kind_of_text_is_told() -> None:
    seen: list[str] = []

    def note(subtype: str, text: bytes) -> bytes:
        seen.append(subtype)
        return text

    raw = multipart()
    assert edit_text(raw, note) == raw
    assert seen == ["plain", "html"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"Subject: none\r\n",
        single(b"--b\r\n\r\n{{here}}", kind="multipart/mixed"),
        single(b"no part", kind='multipart/mixed; boundary="b"'),
        single(b"--b--\r\n{{here}}", kind='multipart/mixed; boundary="b"'),
        single(b"{{here}}", kind="application/json"),
        single(b"abc", "base64"),
    ],
    ids=["empty", "no fields", "no body", "no boundary", "no part", "closed", "no text", "broken base64"],
)
def test_what_has_no_text_to_change_stays_as_it_is(raw: bytes) -> None:
    assert edit_text(raw, lambda _, text: text.replace(OLD, NEW)) == raw


@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_parts_without_a_closing_delimiter_or_a_blank_line_are_found(end: bytes) -> None:
    lines = [
        b'Content-Type: multipart/mixed; boundary="b"',
        b"",
        b"before",
        b"--b",
        b"",
        b"{{here}}",
        b"--b",
        b"x {{here}}",
    ]
    changed = edit_text(end.join(lines), fill)
    assert changed == end.join(line.replace(OLD, NEW) for line in lines)


def test_parts_nested_without_end_are_left_alone() -> None:
    level = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
    raw = b"".join(level % (number, number) for number in range(500)) + b"\r\n{{here}}"
    assert edit_text(raw, fill) == raw


@given(
    st.lists(st.sampled_from([b"--b", b"--b--", b"", b"text", b"Content-Type: text/html", b"\r", b"\xff"]))
)
def test_no_byte_is_lost_when_nothing_changes(lines: list[bytes]) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"\r\n".join(lines)
    assert edit_text(raw, lambda _, text: text) == raw
