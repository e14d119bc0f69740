"""The leaf parts of a message (RFC 2045, RFC 2046), attached messages opened; nothing is decoded or copied to find them.

Made for strangers' messages: how deep and how many is bounded, and what can't be read is a leaf, or none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from itertools import islice

from mailgauge.mail import content_fields
from mailgauge.mail.headers import split
from mailgauge.mail.parts import MAX_DEPTH, spans

MOST_LEAVES = 1000
_MOST_HEADER = 65_536


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part that holds no others: its body is ``raw[start:end]``, in the transfer encoding ``encoding``."""

    raw: bytes
    start: int
    end: int
    encoding: str
    disposition: str | None
    filename: str | None

    @property
    def is_attachment(self) -> bool:
        return self.disposition == "attachment" or self.filename is not None

    def body(self, limit: int | None = None) -> bytes:
        """The body as it stands, or its first ``limit`` bytes."""
        return self.raw[self.start : self.end if limit is None else min(self.end, self.start + limit)]

    def __len__(self) -> int:
        return self.end - self.start


def leaves(raw: bytes, most: int = MOST_LEAVES) -> Iterator[Leaf]:
    """In their order, at most so many."""
    waiting = [(0, len(raw), 0)]
    found = 0
    while waiting and found < most:
        start, end, depth = waiting.pop()
        body, header = _header(raw, start, end)
        kind, boundary = header.get_content_type(), content_fields.boundary(header)
        if kind == "message/rfc822" and depth < MAX_DEPTH:
            waiting.append((body, end, depth + 1))
        elif kind.startswith("multipart/") and boundary and depth < MAX_DEPTH:
            found_here = islice(spans(raw, body, end, boundary), most)
            waiting += reversed([(*each, depth + 1) for each in found_here])
        else:
            found += 1
            encoding = str(header["Content-Transfer-Encoding"] or "7bit").strip().lower()
            disposition, filename = content_fields.disposition(header), content_fields.filename(header)
            yield Leaf(raw, body, end, encoding, disposition, filename)


def _header(raw: bytes, start: int, end: int) -> tuple[int, Message]:
    """Where the body begins, and the fields that say what it is."""
    parts = split(raw[start : min(end, start + _MOST_HEADER)])
    body = start + sum(len(field.raw) for field in parts.fields)
    body += len(parts.rest) - len(parts.body)
    return body, content_fields.header(parts.fields)
