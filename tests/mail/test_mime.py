"""Messages assembled by hand are what the standard library's parser makes of them."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgauge.mail import encode
from mailgauge.mail.encode import EncodingError
from mailgauge.mail.headers import HeaderInjectionError, split
from mailgauge.mail.mime import Attachment, MessageError, SimpleMessage, assemble

BASE: dict[str, Any] = {
    "from_": "a@example.com",
    "to": ["b@example.com"],
    "message_id": "<id@example.com>",
    "date": 1_750_000_000.0,
}

no_line_breaks = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=120)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=400)


def parsed(message: SimpleMessage) -> EmailMessage:
    raw = assemble(message)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    result = message_from_bytes(raw, policy=policy.default)
    assert isinstance(result, EmailMessage)
    assert not result.defects
    return result


def text_of(part: Any) -> str:
    content = part.get_payload(decode=True).decode(part.get_content_charset())
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_text_and_html_are_alternatives_in_order_of_richness() -> None:
    message = parsed(
        SimpleMessage(**BASE, subject="Hi", text="hello", html="<p>hello</p>", cc=["C <c@example.com>"])
    )
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Message-ID"] == "<id@example.com>"
    assert message["Date"] == "Sun, 15 Jun 2025 15:06:40 +0000"
    assert message["Cc"] == "C <c@example.com>"
    assert message["MIME-Version"] == "1.0"


def test_one_body_needs_no_multipart() -> None:
    assert assemble(SimpleMessage(**BASE, subject="Hi", text="hello")).endswith(
        b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\nhello\r\n"
    )


def test_the_same_message_is_the_same_bytes() -> None:
    message = SimpleMessage(**BASE, subject="Hi", text="hello", html="x")
    assert assemble(message) == assemble(message)


def test_attachments_are_mixed_in_and_inline_ones_related() -> None:
    message = parsed(
        SimpleMessage(
            **BASE,
            subject="Hi",
            html='<img src="cid:logo">',
            attachments=[
                Attachment("r\u00e9sum\u00e9.pdf", b"\0\xff" * 100, description="The r\u00e9sum\u00e9"),
                Attachment("logo.png", b"png", "image/png", "INLINE", content_id="logo"),
                Attachment("a.txt", b"plain\r\ntext", encoding="SEVEN_BIT"),
                Attachment("b.bin", b"a=\xff \r\n\n x ", encoding="QUOTED_PRINTABLE"),
            ],
        )
    )
    assert message.get_content_type() == "multipart/mixed"
    related, pdf, text, binary = list(message.iter_parts())
    assert related.get_content_type() == "multipart/related"
    assert list(related.iter_parts())[1]["Content-ID"] == "<logo>"
    assert pdf.get_filename() == "r\u00e9sum\u00e9.pdf"
    assert pdf.get_content_type() == "application/pdf"
    assert pdf["Content-Description"] == "The r\u00e9sum\u00e9"
    assert pdf.get_payload(decode=True) == b"\0\xff" * 100
    assert text.get_payload(decode=True) == b"plain\r\ntext"
    assert binary.get_payload(decode=True) == b"a=\xff \r\n\n x "


@given(no_line_breaks)
def test_any_subject_arrives(subject: str) -> None:
    assert (
        str(parsed(SimpleMessage(**BASE, subject=subject, text="x"))["Subject"]).strip() == subject.strip()
        or "=?" in subject
    )


@settings(max_examples=60)
@given(texts, texts)
def test_any_text_arrives(text: str, html: str) -> None:
    message = parsed(SimpleMessage(**BASE, subject="x", text=text, html=html))
    assert [text_of(part) for part in message.iter_parts()] == [text, html]


@given(no_line_breaks.filter(lambda name: name.strip() == name and not set(name) & set('\\"(),;:<>@[].=?')))
def test_any_display_name_arrives(name: str) -> None:
    message = parsed(SimpleMessage(**BASE | {"from_": f"{name} <a@example.com>"}, subject="x", text="x"))
    assert message["From"].addresses[0].addr_spec == "a@example.com"
    # The parser keeps the blank between two encoded words of a phrase, which RFC 2047 section 6.2 drops.
    assert "".join(message["From"].addresses[0].display_name.split()) == "".join(name.split())


@pytest.mark.parametrize("charset", ["utf-8", "ISO-8859-1", "shift_jis", "UTF-16", "gb18030"])
def test_a_charset_is_kept_when_it_can_hold_the_text(charset: str) -> None:
    text = "日本語" if charset in {"shift_jis", "gb18030"} else "héllo"
    message = parsed(
        SimpleMessage(**BASE, subject=text, subject_charset=charset, text=text * 40, text_charset=charset)
    )
    assert message.get_content_charset() == charset.lower()
    assert text_of(message).rstrip("\n") == text * 40
    assert message["Subject"] == text


def test_text_beyond_its_charset_goes_as_utf8() -> None:
    message = parsed(SimpleMessage(**BASE, subject="日本", subject_charset="ISO-8859-1", text="日本"))
    assert (message["Subject"], message.get_content_charset()) == ("日本", "utf-8")


def test_long_lines_are_broken_without_changing_the_text() -> None:
    text = "x" * 5000 + " \n" + "y " * 3000 + "\n"
    assert text_of(parsed(SimpleMessage(**BASE, subject="z " * 600, text=text))).removesuffix(
        "\n"
    ) == text.removesuffix("\n")


BAD = "x\r\nBcc: victim@example.com"


@pytest.mark.parametrize(
    "change",
    [
        {"from_": BAD},
        {"to": [BAD]},
        {"cc": ["a@example.com\nBcc: b@example.com"]},
        {"reply_to": [BAD]},
        {"subject": BAD},
        {"subject": "x\rBcc: y"},
        {"headers": [("X-A", BAD)]},
        {"headers": [("X-A: b\r\nBcc", "x")]},
        {"message_id": BAD},
        {"text_charset": "utf-8\r\n\r\ninjected"},
        {"subject_charset": "utf-8?B?\r\nBcc: x", "subject": "é"},
        {"attachments": [Attachment(BAD, b"")]},
        {"attachments": [Attachment("a", b"", content_type="text/plain\r\nBcc: x")]},
        {"attachments": [Attachment("a", b"", content_id=BAD)]},
        {"attachments": [Attachment("a", b"", description=BAD)]},
    ],
)
def test_no_field_can_bring_another_header_in(change: dict[str, Any]) -> None:
    with pytest.raises((HeaderInjectionError, EncodingError, MessageError)):
        assemble(SimpleMessage(**{**BASE, "subject": "x", "text": "x", **change}))


def test_content_that_holds_the_boundary_gets_another() -> None:
    first = assemble(SimpleMessage(**BASE, subject="x", text="x", html="y"))
    boundary = first.partition(b'boundary="')[2].partition(b'"')[0].decode()
    message = parsed(SimpleMessage(**BASE, subject="x", text=f"--{boundary}--", html="y"))
    assert len(list(message.iter_parts())) == 2


fields = st.text(max_size=30) | st.lists(
    st.sampled_from(
        [
            "a@example.com",
            "\r\n",
            "\n",
            "\r",
            "Bcc: v@example.com",
            " ",
            "<",
            ">",
            '"',
            ",",
            "é",
            "=?",
            "?=",
            "\0",
            "\x85",
            "\u2028",
        ]
    )
).map("".join)


@settings(max_examples=200)
@given(fields, fields, fields, fields)
def test_whatever_a_field_holds_the_message_has_the_headers_it_should(
    from_: str, to: str, subject: str, own: str
) -> None:
    try:
        raw = assemble(
            SimpleMessage(
                from_=from_,
                to=[to],
                subject=subject,
                text="x",
                headers=[("X-Own", own)],
                message_id="<id@example.com>",
            )
        )
    except ValueError:
        return
    names = [field.name for field in split(raw).fields]
    assert names == [
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Date",
        "MIME-Version",
        "X-Own",
        "Content-Type",
        "Content-Transfer-Encoding",
    ]
    assert split(raw).body == b"x\r\n"


@given(st.lists(st.sampled_from([b"a", b"aaa", b"\r", b"\n", b"\r\n", b"\r\n\r\n"]), max_size=30))
def test_long_lines_are_found_without_a_look_at_each(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    lines = data.split(b"\n")
    longest = max([len(lines[-1]), *(len(line.removesuffix(b"\r")) for line in lines[:-1])])
    assert [encode.has_longer_line(data, limit) for limit in range(8)] == [longest > n for n in range(8)]
