"""Messages as strangers write them, through everything that takes them apart and puts them together again."""

from contextlib import suppress

from mailgauge.mail import headers, normalise
from mailgauge.mail.eight_bit import seven_bit
from mailgauge.mail.leaves import leaves
from mailgauge.mail.text_parts import edit_text
from mailgauge.ses import attachments
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.limits import AMAZON

PLAIN = b"From: a@example.com\r\nTo: b@example.net\r\nSubject: =?utf-8?q?a?=\r\n\r\nHello.\r\n"
PARTS = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: x\r\n\r\ntwo\r\n--b--\r\n"
)
QUOTED = (
    b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<p>=C3=BC</p>=\n"
)
NAMED = (
    b'Content-Type: multipart/x; boundary="a\\"b"\r\nContent-Transfer-Encoding: base64\r\n\r\n--a"b\r\n'
    b"Content-Disposition: attachment; filename*0*=utf-8''a%2; filename*1=exe\r\n\r\nYQ==\r\n"
)
FOLDED = b"Subject: \xff\xfe\r\n folded\r\n\tagain\r\nX-SES-MESSAGE-TAGS: a=b\r\nBcc: c@example.org\r\n\r\n\xfc\xfc\r\n.\r\n"
SEEDS = (PLAIN, PARTS, QUOTED, NAMED, FOLDED)


def one_input(data: bytes) -> None:
    assert headers.split(data).join() == data
    headers.fields_for_events(headers.split(data).fields)
    assert edit_text(data, lambda _, text: text) == data
    edit_text(data, lambda _, text: text + b"x")
    for leaf in leaves(data):
        assert 0 <= leaf.start <= leaf.end <= len(data)
    with suppress(InvalidParameterError):
        attachments.check(data, AMAZON)
    ready = normalise.prepare(data, "<id@example.com>", "Thu, 01 Jan 1970 00:00:00 +0000", "a@example.com")
    assert ready.count(b"\r\n") == ready.count(b"\r") == ready.count(b"\n")
    kept = [field.name.lower() for field in headers.split(ready).fields]
    assert kept.count("message-id") == kept.count("date") == 1
    assert "bcc" not in kept
    assert seven_bit(ready).isascii() or not _is_plain(ready)


def _is_plain(message: bytes) -> bool:
    """A message of one part whose header is ASCII: that one can always be re-encoded."""
    fields = headers.split(message).fields
    says = [headers.first(fields, name) for name in ("Content-Type", "Content-Transfer-Encoding")]
    return says == [None, None] and b"".join(field.raw for field in fields).isascii()
