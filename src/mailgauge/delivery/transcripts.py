"""What is kept of each attempt to deliver: where it went, with whom it spoke, what was answered, and, where wanted, the dialogue.

Never the content of a message, and no password: the dialogue comes without them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from mailgauge.base.ids import pack_message_id
from mailgauge.mail.status import Reply
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "transcripts",
    (
        """
        CREATE TABLE attempt (
            id INTEGER PRIMARY KEY, message BLOB NOT NULL, time INTEGER NOT NULL, number INTEGER NOT NULL,
            transport TEXT NOT NULL, host TEXT NOT NULL, peer TEXT, source TEXT, tls_version TEXT, tls_cipher TEXT,
            connect_us INTEGER NOT NULL, total_us INTEGER NOT NULL, failure TEXT NOT NULL, replies BLOB NOT NULL,
            dialogue BLOB
        );
        CREATE INDEX attempt_message ON attempt (message)
        """,
    ),
)

MOST = 65_536
"""Bytes of a dialogue: what a server says beyond it is left out."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One host that was tried. ``number`` counts the attempts of the recipients, ``time`` is its end, in seconds.

    ``replies`` has an entry for each recipient, None for one that got no answer. ``dialogue`` is None where it is not
    kept; its lines have the seconds since the start.
    """

    message_id: str
    time: float
    number: int
    transport: str
    replies: Mapping[str, Reply | None]
    host: str = ""
    peer: str | None = None
    source: str | None = None
    tls_version: str | None = None
    tls_cipher: str | None = None
    connect_seconds: float = 0.0
    seconds: float = 0.0
    failure: str = ""
    dialogue: Sequence[tuple[float, str]] | None = field(default=None)


def add(tx: Tx, attempts: Sequence[Attempt]) -> None:
    tx.many(
        "INSERT INTO attempt (message, time, number, transport, host, peer, source, tls_version, tls_cipher, connect_us,"
        " total_us, failure, replies, dialogue) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            (
                pack_message_id(each.message_id), round(each.time * 1000), each.number, each.transport, each.host,
                each.peer, each.source, each.tls_version, each.tls_cipher, round(each.connect_seconds * 1e6),
                round(each.seconds * 1e6), each.failure, _pack_replies(each.replies), _pack_dialogue(each.dialogue),
            )
            for each in attempts
        ),
    )  # fmt: skip


def of_message(tx: Tx, message_id: str) -> list[Attempt]:
    """In the order in which they ended."""
    rows = tx.run(
        "SELECT time, number, transport, host, peer, source, tls_version, tls_cipher, connect_us, total_us, failure,"
        " replies, dialogue FROM attempt WHERE message = ? ORDER BY id",
        (pack_message_id(message_id),),
    )
    return [
        Attempt(
            message_id,
            time / 1000,
            number,
            transport,
            _unpack_replies(replies),
            host,
            peer,
            source,
            tls_version,
            tls_cipher,
            connect_us / 1e6,
            total_us / 1e6,
            failure,
            _unpack_dialogue(dialogue),
        )
        for (
            time,
            number,
            transport,
            host,
            peer,
            source,
            tls_version,
            tls_cipher,
            connect_us,
            total_us,
            failure,
            replies,
            dialogue,
        ) in rows
    ]


def connected(tx: Tx, transports: Sequence[str], *, since: float, most: int = 200) -> list[bool]:
    """Whether the attempts by these transports came to a connection, of the latest ``most`` of all; ``since`` in seconds."""
    rows = tx.run("SELECT time, transport, host, peer FROM attempt ORDER BY id DESC LIMIT ?", (most,))
    return [
        peer is not None
        for time, transport, host, peer in rows
        if host and transport in transports and time >= since * 1000
    ]


def expire(tx: Tx, *, before: int, limit: int) -> int:
    """Drops attempts that ended before ``before`` (milliseconds), at most ``limit``; returns how many."""
    # Rows were added in the order of their times, so the oldest have the lowest ids: that spares an index over times.
    rows = tx.run("SELECT id, time FROM attempt ORDER BY id LIMIT ?", (limit,))
    old = [(row_id,) for row_id, time in rows if time < before]
    tx.many("DELETE FROM attempt WHERE id = ?", old)
    return len(old)


def _pack_replies(replies: Mapping[str, Reply | None]) -> bytes:
    return orjson.dumps(
        {
            recipient: None if reply is None else [reply.code, reply.enhanced, reply.text]
            for recipient, reply in replies.items()
        }
    )


def _unpack_replies(packed: bytes) -> dict[str, Reply | None]:
    return {
        recipient: None if reply is None else Reply(*reply)
        for recipient, reply in orjson.loads(packed).items()
    }


def _pack_dialogue(dialogue: Sequence[tuple[float, str]] | None) -> bytes | None:
    """Lines of milliseconds and text, ``12.3 S: 250 ok``."""
    if dialogue is None:
        return None
    # A server may put what it likes into a line, but a line stays one.
    lines = (f"{seconds * 1000:.1f} {' '.join(text.splitlines())}" for seconds, text in dialogue)
    return "\n".join(lines).encode("utf-8", "replace")[:MOST]


def _unpack_dialogue(packed: bytes | None) -> list[tuple[float, str]] | None:
    if packed is None:
        return None
    lines = (line.partition(" ") for line in packed.decode("utf-8", "replace").split("\n") if line)
    return [(float(milliseconds) / 1000, text) for milliseconds, _, text in lines]
