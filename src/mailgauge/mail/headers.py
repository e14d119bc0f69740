"""Header fields of a raw message (RFC 5322 section 2.2): read, removed, replaced and put in front without touching any other byte.

It does not re-serialise: bytes that nobody asked to change stay as the customer wrote them, so signatures stay valid.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from mailgauge.mail.address import AddressError, decode_words, parse_address_list

EVENT_HEADERS_LIMIT = 10 * 1024
"""Headers of an event record are cut after this many bytes (names and values)."""

# A field name is printable ASCII without the colon; blanks before the colon are obsolete, but seen.
# It goes on in lines that begin with a blank; possessive, since a way back for each of a million folds takes memory.
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(?:[^\n]*+\n[ \t])*+[^\n]*+(?:\n|\Z)")
_FOLD = re.compile(r"[\r\n]+[ \t]*")

# What may stand in a message only once (the SES developer guide, "Header fields").
SINGLE = frozenset(
    name.lower()
    for name in [
        "Accept-Language",
        "acceptLanguage",
        "Archived-At",
        "Auto-Submitted",
        "Bounces-to",
        "Comments",
        "Content-Alternative",
        "Content-Base",
        "Content-Class",
        "Content-Description",
        "Content-Disposition",
        "Content-Duration",
        "Content-ID",
        "Content-Language",
        "Content-Length",
        "Content-Location",
        "Content-MD5",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "Delivered-To",
        "Disposition-Notification-Options",
        "Disposition-Notification-To",
        "DKIM-Signature",
        "DomainKey-Signature",
        "Errors-To",
        "From",
        "Importance",
        "In-Reply-To",
        "Keywords",
        "List-Archive",
        "List-Help",
        "List-Id",
        "List-Owner",
        "List-Post",
        "List-Subscribe",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Message-Context",
        "Message-ID",
        "MIME-Version",
        "Organization",
        "Original-From",
        "Original-Message-ID",
        "Original-Recipient",
        "Original-Subject",
        "Precedence",
        "Priority",
        "References",
        "Reply-To",
        "Return-Path",
        "Return-Receipt-To",
        "Sender",
        "Solicitation",
        "Sensitivity",
        "Subject",
        "Thread-Index",
        "Thread-Topic",
        "User-Agent",
        "VBR-Info",
    ]
)


class Field(NamedTuple):
    """One field: ``raw`` is all its bytes with folds and line end."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """The value unfolded, its encoded words left as they are."""
        text = self.raw.partition(b":")[2].decode("utf-8", "replace").strip(" \t\r\n")
        return _FOLD.sub(" ", text) if "\n" in text or "\r" in text else text


class Split(NamedTuple):
    """A message in two: the fields, and everything from the blank line on. Together they are all of its bytes."""

    fields: list[Field]
    rest: bytes

    @property
    def body(self) -> bytes:
        return self.rest.removeprefix(b"\r").removeprefix(b"\n")

    def join(self) -> bytes:
        return b"".join([*(field.raw for field in self.fields), self.rest])


def split(raw: bytes) -> Split:
    """Parts a message. The header block ends at a blank line, or before the first line that can't be a field."""
    fields = list(_fields(raw))
    return Split(fields, raw[sum(len(field.raw) for field in fields) :])


class HeaderTooLongError(ValueError):
    """More header than anybody needs: reading it would cost everybody else's time."""


def split_within(raw: bytes, most_fields: int, most_bytes: int) -> Split:
    """The same for a stranger's message. Raises HeaderTooLongError before it has read more than that."""
    fields: list[Field] = []
    size = 0
    for field in _fields(raw):
        size += len(field.raw)
        if len(fields) >= most_fields or size > most_bytes:
            raise HeaderTooLongError(
                f"The message header has more than {most_fields} fields or is longer than {most_bytes} bytes."
            )
        fields.append(field)
    return Split(fields, raw[size:])


def _fields(raw: bytes) -> Iterator[Field]:
    at = 0
    while field := _FIELD.match(raw, at):
        yield Field(field[1].decode("ascii"), field[0])
        at = field.end()


def values(fields: Iterable[Field], name: str) -> list[str]:
    """The values of all fields of that name, unfolded."""
    wanted = name.lower()
    return [field.value for field in fields if field.name.lower() == wanted]


def first(fields: Iterable[Field], name: str) -> str | None:
    return next(iter(values(fields, name)), None)


def without(raw: bytes, names: Collection[str]) -> bytes:
    """The message without the fields of those names; every other byte stays."""
    unwanted = {name.lower() for name in names}
    return edit(raw, lambda field: [] if field.name.lower() in unwanted else [field.raw])


def replace(raw: bytes, name: str, value: str) -> bytes:
    """The message with one field of that name: in the place of the first it had, else in front."""
    wanted = name.lower()
    new = [field_bytes(name, value)]

    def each(field: Field) -> list[bytes]:
        if field.name.lower() != wanted:
            return [field.raw]
        taken = list(new)
        new.clear()
        return taken

    edited = edit(raw, each)
    return b"".join(new) + edited


def prepend(raw: bytes, fields: Iterable[tuple[str, str]]) -> bytes:
    """The message with new fields in front of all others."""
    return b"".join([*(field_bytes(name, value) for name, value in fields), raw])


def edit(raw: bytes, each: Callable[[Field], list[bytes]]) -> bytes:
    parts = split(raw)
    return b"".join([*(piece for field in parts.fields for piece in each(field)), parts.rest])


class HeaderInjectionError(ValueError):
    """A name or value would have started another header field."""


def field_bytes(name: str, value: str) -> bytes:
    """``Name: value`` with its line end. Raises HeaderInjectionError for line breaks and characters that have no place."""
    if not name or not name.isascii() or any(not "!" <= char <= "~" or char == ":" for char in name):
        raise HeaderInjectionError(f"not a header name: {name!r}")
    refuse_line_breaks(value, name)
    return f"{name}: {value}\r\n".encode()


def refuse_line_breaks(value: str, what: str) -> None:
    """Raises HeaderInjectionError when ``value`` holds CR, LF or NUL."""
    if "\r" in value or "\n" in value or "\0" in value:
        raise HeaderInjectionError(f"{what} contains a line break or NUL")


def duplicates(fields: Iterable[Field]) -> list[str]:
    """Names of fields that stand twice though only one is allowed, as they are written the second time."""
    seen: set[str] = set()
    twice = []
    for field in fields:
        name = field.name.lower()
        if name in seen and name in SINGLE:
            twice.append(field.name)
        seen.add(name)
    return twice


def fields_for_events(
    fields: Iterable[Field], limit: int = EVENT_HEADERS_LIMIT
) -> tuple[list[tuple[str, str]], bool]:
    """The headers of an event record in their order, and whether some were cut off."""
    kept: list[tuple[str, str]] = []
    size = 0
    for field in fields:
        value = field.value
        size += len(field.name) + len(value.encode())
        if size > limit:
            return kept, True
        kept.append((field.name, value))
    return kept, False


_LISTS = (("from", "from"), ("to", "to"), ("cc", "cc"), ("bcc", "bcc"), ("replyTo", "reply-to"))


def common_headers(
    headers: Iterable[tuple[str, str]], message_id: str, return_path: str | None = None
) -> dict[str, object]:
    """``commonHeaders`` of an event record; keys only for what the message has. ``messageId`` is the SES id."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    common: dict[str, object] = {}
    if return_path is not None:
        common["returnPath"] = return_path
    for key, name in _LISTS:
        if name in found:
            common[key] = [address for value in found[name] for address in _addresses(value)]
    if "date" in found:
        common["date"] = found["date"][0]
    common["messageId"] = message_id
    if "subject" in found:
        common["subject"] = decode_words(found["subject"][0])
    return common


def _addresses(value: str) -> Iterator[str]:
    try:
        addresses = parse_address_list(value)
    except AddressError:
        yield decode_words(value)
        return
    for address in addresses:
        yield f"{address.display_name} <{address.bare}>" if address.display_name else address.bare


def envelope_from_headers(fields: Iterable[Field]) -> list[str]:
    """Bare addresses of To, Cc and Bcc in their order, each once: the recipients when the call names none. Raises AddressError."""
    fields = list(fields)
    found: dict[str, str] = {}
    for name in ("To", "Cc", "Bcc"):
        for value in values(fields, name):
            for address in parse_address_list(value):
                found.setdefault(address.bare.lower(), address.bare)
    return list(found.values())
