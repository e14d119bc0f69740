"""The canonical forms of DKIM, held to those of dkimpy, which others verify with."""

from dkim.canonicalization import Relaxed

from mailgauge.mail.dkim import relaxed_body, relaxed_field
from mailgauge.mail.headers import split
from mailgauge.mail.normalise import crlf

SEEDS = (
    b"Subject:  a \t b\r\n\tc \r\nX:y\r\n\r\nbody  \r\n\t\r\n\r\n",
    b"A: \r\n\r\n \r\n",
    b"\r\n\r\n\r\n",
    b"a : b\r\n\r\nx\t\ty",
)
# dkimpy takes these for blanks, which RFC 6376, section 2.8, does not.
NO_BLANKS = b"\x0b\x0c"


def one_input(data: bytes) -> None:
    parts = split(crlf(data.translate(None, NO_BLANKS)))
    body = parts.body
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    assert relaxed_body(body) == Relaxed.canonicalize_body(body)
    for field in parts.fields:
        raw = field.raw if field.raw.endswith(b"\r\n") else field.raw + b"\r\n"
        name, _, value = raw.partition(b":")
        [(expected_name, expected)] = Relaxed.canonicalize_headers([(name, value)])
        assert relaxed_field(raw) == expected_name + b":" + expected
