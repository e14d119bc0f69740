"""Text on its way into a message: header values (RFC 2047 encoded words, folding) and bodies (7bit, quoted-printable, base64)."""

import binascii
import re
from typing import Literal

from mailgauge.mail.address import parse_address
from mailgauge.mail.headers import refuse_line_breaks

TransferEncoding = Literal["7bit", "quoted-printable", "base64"]

LONGEST_LINE = 998
_WIDTH = 76
_LONG_ADDRESS = 500
_CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')


class EncodingError(ValueError):
    """A charset nobody knows."""


def encode_text(text: str, charset: str | None) -> tuple[bytes, str]:
    """The bytes of ``text`` and the charset they are in: the wished one, or UTF-8 where that can't express it."""
    wished = (charset or "us-ascii").lower()
    # Python forgives odd characters around a codec's name; a header doesn't.
    if not _CHARSET.fullmatch(wished):
        raise EncodingError(f"Unsupported charset: {charset}")
    if text.isascii() and wished in _ASCII_COMPATIBLE:
        return text.encode("ascii"), "us-ascii" if charset is None else wished
    try:
        return text.encode(wished), wished
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace"), "utf-8"
    except (LookupError, ValueError) as error:
        raise EncodingError(f"Unsupported charset: {charset}") from error


_ASCII_COMPATIBLE = frozenset(
    {"us-ascii", "ascii", "utf-8", "utf8", "iso-8859-1", "iso-8859-15", "windows-1252", "latin1"}
)


def unstructured(value: str, charset: str | None, name: str) -> str:
    """The value of Subject and its like: as given when printable ASCII, else encoded words; folded. Raises for line breaks."""
    refuse_line_breaks(value, name)
    if value.isascii() and value.isprintable():
        if len(name) + len(value) + 2 <= _WIDTH:
            return value
        folded = fold(value, len(name) + 2)
        if folded is not None:
            return folded
    return encoded_words(value, charset)


def address_value(text: str, name: str) -> str:
    """One address of a From, To, Cc or Reply-To value; a display name that isn't ASCII becomes encoded words."""
    refuse_line_breaks(text, name)
    if text.isascii() and text.isprintable():
        if len(text) <= _LONG_ADDRESS:
            return text
        folded = fold(text, len(name) + 2)
        if folded is not None:
            return folded
    address = parse_address(text)
    return f"{phrase(address.display_name)}\r\n <{address.bare}>"


def phrase(display_name: str) -> str:
    """A display name as RFC 5322 wants it: bare words, a quoted string, or encoded words."""
    if not (display_name.isascii() and display_name.isprintable() and len(display_name) < _LONG_ADDRESS):
        return encoded_words(display_name, None)
    if _SPECIALS.search(display_name):
        escaped = display_name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return display_name


def encoded_words(value: str, charset: str | None) -> str:
    """RFC 2047 base64 words of at most 75 characters, joined by folds; no character is cut in two."""
    codec = encode_text(value, charset)[1]
    if codec.startswith(("utf", "us-ascii")):
        codec = "utf-8"
    # "=?codec?B?" and "?=" leave this many bytes, four characters for each three.
    room = (68 - len(codec)) // 4 * 3
    words = []
    start = 0
    while start < len(value):
        end = min(start + room, len(value))
        while len(encoded := value[start:end].encode(codec, "replace")) > room and end > start + 1:
            end -= max(1, (len(encoded) - room) // 4)
        words.append(f"=?{codec}?B?{binascii.b2a_base64(encoded, newline=False).decode('ascii')}?=")
        start = end
    return "\r\n ".join(words)


def fold(value: str, used: int) -> str | None:
    """Folds at blanks so that lines stay short where they can; None when a word alone is too long for a line."""
    lines = []
    line = ""
    width = _WIDTH - used
    for word in re.findall(r"[ \t]*[^ \t]+|[ \t]+$", value):
        if line.strip() and len(line) + len(word) > width and word.strip():
            lines.append(line)
            line, width = word, _WIDTH
        else:
            line += word
    lines.append(line)
    if any(len(each) > LONGEST_LINE - used for each in lines) or not all(each.strip() for each in lines):
        return None
    return "\r\n".join(lines)


def body(text: str, charset: str | None) -> tuple[bytes, str, TransferEncoding]:
    """A text part with CRLF line ends, its charset and the mildest transfer encoding that keeps lines and bytes safe."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if charset is not None and charset.lower().startswith(("utf-16", "utf-32", "utf16", "utf32")):
        data, used = encode_text(text.replace("\n", "\r\n"), charset)
        return base64_lines(data), used, "base64"
    data, used = encode_text(text, charset)
    if data.isascii() and b"\0" not in data and not has_longer_line(data, LONGEST_LINE):
        return data.replace(b"\n", b"\r\n"), used, "7bit"
    if is_mostly_foreign(data):
        return base64_lines(data.replace(b"\n", b"\r\n")), used, "base64"
    return quoted_printable(data), used, "quoted-printable"


def is_mostly_foreign(data: bytes) -> bool:
    """Whether base64 is shorter: a text that is mostly ASCII stays readable in quoted-printable."""
    return sum(byte > 126 for byte in data[:2000]) * 6 > len(data[:2000])


def has_longer_line(data: bytes, limit: int) -> bool:
    """Whether a line is longer than that, without its line end."""
    start = 0
    while len(data) - start > limit:
        # The last line end within reach: what lies before it is short enough, without a look at each line.
        end = data.rfind(b"\n", start, start + limit + 1)
        if end >= 0:
            start = end + 1
        elif data.startswith(b"\r\n", start + limit):
            start += limit + 2
        else:
            return True
    return False


def base64_lines(data: bytes) -> bytes:
    """Base64 in lines of 76 characters."""
    encoded = binascii.b2a_base64(data, newline=False)
    return b"\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))


def quoted_printable(data: bytes) -> bytes:
    """Quoted-printable of text with LF line ends; the result has CRLF."""
    return binascii.b2a_qp(data, quotetabs=False, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def quoted_printable_binary(line: bytes) -> bytes:
    """Quoted-printable of bytes without CRLF in them: bare CR and LF are encoded too."""
    encoded = binascii.b2a_qp(line, quotetabs=False, istext=False)
    return encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
