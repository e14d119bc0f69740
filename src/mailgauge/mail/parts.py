"""The parts of a finished message (RFC 2046): what kind each is, and how some are changed while every other byte stays."""

import re
from collections.abc import Callable, Iterator
from email.message import Message
from typing import NamedTuple

from mailgauge.mail import content_fields
from mailgauge.mail.headers import Split, first, replace, split

TRANSFER_ENCODING = "Content-Transfer-Encoding"
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
        for start, end in _spans(rest, self.boundary.encode("utf-8", "surrogateescape")):
            pieces += (rest[done:start], change(rest[start:end]))
            done = end
        return b"".join([*pieces, rest[done:]])


def entity(raw: bytes) -> Entity:
    parts = split(raw)
    message = Message()
    message["Content-Type"] = first(parts.fields, "Content-Type") or "text/plain"
    kind = message.get_content_type()
    return Entity(
        raw, parts, kind, content_fields.boundary(message) if kind.startswith("multipart/") else None
    )


def _spans(rest: bytes, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Where each part begins and ends. The line end before a delimiter belongs to the delimiter."""
    delimiter = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\r?\Z)", re.MULTILINE)
    start: int | None = None
    for match in delimiter.finditer(rest):
        if start is not None:
            end = max(start, match.start() - (2 if rest.endswith(b"\r\n", 0, match.start()) else 1))
            yield start, end
        if match[1]:
            return
        start = match.end()
    if start is not None:
        yield start, len(rest)
