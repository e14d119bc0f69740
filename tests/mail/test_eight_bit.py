"""Eight-bit mail becomes seven-bit before it is signed, and a reader (Python's email package) finds the same in it."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.mail.eight_bit import seven_bit
from mailgauge.mail.headers import first, split
from mailgauge.mail.normalise import crlf

TEXT = "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"


def leaves(raw: bytes) -> list[tuple[str, bytes]]:
    """Type and content of each leaf; those of attached messages too."""
    found = []
    for part in message_from_bytes(raw, policy=policy.SMTP).walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            found.append((part.get_content_type(), content))
    return found


def test_what_needs_nothing_stays_the_same_object() -> None:
    raw = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\nplain\r\n"
    assert seven_bit(raw) is raw
    signed = b"Subject: \xc3\xbc\r\n\r\nplain\r\n"
    assert seven_bit(signed) is signed


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Grüße aus München, wie versprochen\r\n", "quoted-printable"), ("Привет\r\n", "base64")],
)
def test_a_text_takes_the_shorter_encoding(text: str, encoding: str) -> None:
    made = seven_bit((TEXT + text).encode())
    assert made.isascii()
    assert first(split(made).fields, "Content-Transfer-Encoding") == encoding
    assert leaves(made) == [("text/plain", text.encode())]


def test_a_message_without_any_label_gets_one() -> None:
    made = seven_bit("From: a@example.com\r\n\r\nGrüße an alle, die das lesen\r\n".encode())
    assert first(split(made).fields, "Content-Transfer-Encoding") == "quoted-printable"
    assert leaves(made) == [("text/plain", "Grüße an alle, die das lesen\r\n".encode())]


def test_a_multipart_keeps_its_form_and_its_parts_that_were_fit() -> None:
    raw = (
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        "before\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nZürich und Umgebung\r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p>Plain   \r\n--b--\r\nafter\r\n"
    ).encode()
    made = seven_bit(raw)
    assert first(split(made).fields, "Content-Transfer-Encoding") == "7bit"
    assert b"before\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n" in made
    assert made.endswith(b"--b\r\nContent-Type: text/html\r\n\r\n<p>Plain   \r\n--b--\r\nafter\r\n")
    assert leaves(made) == leaves(raw)


def test_an_attached_message_is_encoded_inside() -> None:
    raw = (
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + TEXT
        + "Grüße aus München\r\n"
    ).encode()
    made = seven_bit(raw)
    assert made.isascii()
    assert first(split(made).fields, "Content-Transfer-Encoding") == "7bit"
    assert leaves(made) == leaves(raw)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-unheard-of"])
def test_what_contradicts_its_label_is_left_alone(encoding: str) -> None:
    raw = TEXT.replace("8bit", encoding).encode() + b"\xc3\xbc"
    assert seven_bit(raw) is raw


data = st.binary(max_size=200)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=120)


@st.composite
def bodies(draw: st.DrawFn) -> EmailMessage:
    message = EmailMessage(policy.SMTP)
    message.set_content(draw(texts) + "\n", charset="utf-8", cte="8bit")
    if draw(st.booleans()):
        message.add_alternative(draw(texts) + "\n", subtype="html", charset="utf-8", cte="8bit")
    if draw(st.booleans()):
        message.add_attachment(draw(data).replace(b"\r", b"").replace(b"\n", b""), "image", "x", cte="8bit")
    return message


@given(bodies(), st.booleans())
def test_every_message_says_the_same_in_seven_bits(message: EmailMessage, wrapped: bool) -> None:
    if wrapped:
        outer = EmailMessage(policy.SMTP)
        outer.set_content("Look:\n")
        outer.add_attachment(message)
        message = outer
    raw = crlf(message.as_bytes())
    made = seven_bit(raw)
    assert made.isascii()
    assert leaves(made) == leaves(raw)
    assert seven_bit(made) is made


@given(st.binary(max_size=300))
def test_any_bytes_come_through(raw: bytes) -> None:
    assert isinstance(seven_bit(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + raw), bytes)
