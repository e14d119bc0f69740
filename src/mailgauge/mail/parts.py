"""The parts of a finished message (RFC 2046): what kind each is, and how some are changed while every other byte stays."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from mailgauge.mail import content_fields
from mailgauge.mail.headers import Split, first, replace, split

TRANSFER_ENCODING = "Content-Transfer-Encoding"
_NEWLINE = ord("\n")
# What may stand behind a delimiter: two hyphens and blanks.
_LONGEST_BLANK = 1000
MAX_DEPTH = 20
"""Nobody nests deeper; a hostile message could."""


class Entity(NamedTuple):
    """A message or a part of one. ``kind`` is its media type in lower case; only a multipart may have a ``boundary``."""

    raw: bytes
    parts: Split
    kind: str
    boundary: str | None

    @property
    def head(self) -> bytes:
        """Its fields with the blank line behind them, if it has one."""
        return self.raw[: len(self.raw) - len(self.parts.body)]

    @property
    def transfer_encoding(self) -> str:
        return (first(self.parts.fields, TRANSFER_ENCODING) or "7bit").strip().lower()

    def encoded(self, encoding: str, body: bytes) -> bytes:
        """The same with another body in another transfer encoding."""
        return replace(self.head, TRANSFER_ENCODING, encoding) + body

    def with_parts(self, change: Callable[[bytes], bytes]) -> bytes:
        """A multipart with each of its parts changed; anything else as it is."""
        if self.boundary is None:
            return self.raw
        rest = self.parts.rest
        pieces = [self.raw[: len(self.raw) - len(rest)]]
        done = 0
        for start, end in spans(rest, 0, len(rest), self.boundary):
            pieces += (rest[done:start], change(rest[start:end]))
            done = end
        return b"".join([*pieces, rest[done:]])


def entity(raw: bytes) -> Entity:
    parts = split(raw)
    message = content_fields.BoundedMessage()
    message["Content-Type"] = first(parts.fields, "Content-Type") or "text/plain"
    kind = message.get_content_type()
    return Entity(
        raw, parts, kind, content_fields.boundary(message) if kind.startswith("multipart/") else None
    )


def spans(raw: bytes, start: int, end: int, boundary: str) -> Iterator[tuple[int, int]]:
    """Where each part of a multipart begins and ends, whose body is ``raw[start:end]``.

    The line end before a delimiter belongs to the delimiter. Looked for as bytes: a pattern would take twenty times as
    long for a large attachment, and hold all other threads up meanwhile.
    """
    delimiter = b"--" + boundary.encode("utf-8", "surrogateescape")
    begun: int | None = None
    at = raw.find(delimiter, start, end)
    while at >= 0:
        after = at + len(delimiter)
        line_end = raw.find(b"\n", after, end)
        rest = raw[after : min(end if line_end < 0 else line_end, after + _LONGEST_BLANK)]
        if (at == start or raw[at - 1] == _NEWLINE) and not rest.removeprefix(b"--").strip(b" \t\r"):
            if begun is not None:
                yield begun, max(begun, at - (2 if raw[at - 2 : at] == b"\r\n" else 1))
            if rest.startswith(b"--"):
                return
            begun = end if line_end < 0 else line_end + 1
        at = raw.find(delimiter, after, end)
    if begun is not None:
        yield begun, end
