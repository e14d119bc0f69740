"""The journal: every event in commit order, with the facts of its message. Consumers keep their own positions elsewhere.

A shard's ``seq`` is taken as the last statement of the transaction, so no consumer can pass an entry that commits
later. Entries of one message are always in the same shard.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from mailgauge.base.ids import pack_message_id, unpack_message_id
from mailgauge.base.scope import Scope
from mailgauge.events import facts as facts_codec
from mailgauge.events.entry import SHARD, Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import MARKS, Tx, groups

SCHEMA = Schema(
    "events",
    (
        """
        CREATE TABLE journal (
            shard INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, scope TEXT NOT NULL,
            kind INTEGER NOT NULL, message BLOB, version INTEGER, weight INTEGER NOT NULL, detail BLOB NOT NULL,
            PRIMARY KEY (shard, seq)
        ) WITHOUT ROWID;
        CREATE INDEX journal_message ON journal (message) WHERE message IS NOT NULL;
        CREATE TABLE journal_head (shard INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
        INSERT INTO journal_head (shard, seq) VALUES (0, 0);
        CREATE INDEX journal_time ON journal (kind, time);
        CREATE TABLE journal_floor (kind INTEGER PRIMARY KEY, time INTEGER NOT NULL);
        CREATE TABLE message_facts (message BLOB PRIMARY KEY, time INTEGER NOT NULL, facts BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX message_facts_time ON message_facts (time)
        """,
    ),
)


def append(tx: Tx, entry: Entry) -> None:
    """Adds an entry at the end of this transaction."""
    # Encoded here and not at the end, where an entry that can't be would take everybody's work down with it.
    message = None if entry.message_id is None else pack_message_id(entry.message_id)
    detail = orjson.dumps(entry.detail)
    row = (entry.time, entry.scope.key, int(entry.kind), message, entry.version, entry.weight, detail)
    tx.defer(_write_rows, row)


def _write_rows(tx: Tx, rows: list[tuple[Any, ...]]) -> None:
    [(last,)] = tx.run(
        "UPDATE journal_head SET seq = seq + ? WHERE shard = ? RETURNING seq", (len(rows), SHARD)
    )
    first = last - len(rows) + 1
    tx.many(
        "INSERT INTO journal (shard, seq, time, scope, kind, message, version, weight, detail) VALUES (?,?,?,?,?,?,?,?,?)",
        ((SHARD, seq, *row) for seq, row in enumerate(rows, start=first)),
    )


def read(tx: Tx, after: int, limit: int, shard: int = SHARD) -> list[Entry]:
    """Entries behind a position, in order."""
    return [
        _entry(row)
        for row in tx.run(
            "SELECT shard, seq, time, scope, kind, message, version, weight, detail FROM journal"
            " WHERE shard = ? AND seq > ? ORDER BY seq LIMIT ?",
            (shard, after, limit),
        )
    ]


def weights(tx: Tx, after: int, limit: int, shard: int = SHARD) -> list[tuple[Kind, int]]:
    """Kind and weight of the entries behind a position, in order, without reading what they hold."""
    rows = tx.run(
        "SELECT kind, weight FROM journal WHERE shard = ? AND seq > ? ORDER BY seq LIMIT ?",
        (shard, after, limit),
    )
    return [(Kind(kind), weight) for kind, weight in rows]


def outline(tx: Tx, after: int, limit: int, shard: int = SHARD) -> list[tuple[int, Kind, int | None]]:
    """Seq, kind and version of the entries behind a position, in order, without reading what they hold."""
    rows = tx.run(
        "SELECT seq, kind, version FROM journal WHERE shard = ? AND seq > ? ORDER BY seq LIMIT ?",
        (shard, after, limit),
    )
    return [(seq, Kind(kind), version) for seq, kind, version in rows]


def at(tx: Tx, seqs: Sequence[int], shard: int = SHARD) -> list[Entry]:
    """The entries at these positions, in order."""
    found = [
        _entry(row)
        for group in groups(seqs)
        for row in tx.run(
            "SELECT shard, seq, time, scope, kind, message, version, weight, detail FROM journal"
            f" WHERE shard = ? AND seq IN ({MARKS})",
            (shard, *group),
        )
    ]
    return sorted(found, key=lambda entry: entry.seq)


def read_kinds(tx: Tx, after: int, kinds: Sequence[Kind], limit: int, shard: int = SHARD) -> list[Entry]:
    """Those of the entries behind a position that are of one of ``kinds``, in order."""
    marks = ",".join("?" * len(kinds))
    return [
        _entry(row)
        for row in tx.run(
            "SELECT shard, seq, time, scope, kind, message, version, weight, detail FROM journal"
            f" WHERE shard = ? AND seq > ? AND kind IN ({marks}) ORDER BY seq LIMIT ?",
            (shard, after, *map(int, kinds), limit),
        )
    ]


def of_kind(
    tx: Tx, scope: Scope, kind: Kind, *, behind: tuple[int, int], end: int, limit: int
) -> list[Entry]:
    """A scope's entries of one kind by time, behind a time (milliseconds) and seq, before ``end``."""
    return [
        _entry(row)
        for row in tx.run(
            "SELECT shard, seq, time, scope, kind, message, version, weight, detail FROM journal"
            " WHERE kind = ? AND time >= ? AND time < ? AND (time, seq) > (?, ?) AND scope = ?"
            " ORDER BY time, shard, seq LIMIT ?",
            (int(kind), behind[0], end, *behind, scope.key, limit),
        )
    ]


def first_of_message(tx: Tx, message_id: str, kind: Kind) -> int | None:
    """The seq of a message's first entry of this kind."""
    # The plus keeps the planner from the index over kinds: a message has few entries, a kind has millions.
    [(seq,)] = tx.run(
        "SELECT min(seq) FROM journal WHERE message = ? AND +kind = ?",
        (pack_message_id(message_id), int(kind)),
    )
    return None if seq is None else int(seq)


def first(tx: Tx, message_id: str, kind: Kind) -> Entry | None:
    """A message's first entry of this kind."""
    rows = tx.run(
        "SELECT shard, seq, time, scope, kind, message, version, weight, detail FROM journal"
        " WHERE message = ? AND +kind = ? ORDER BY shard, seq LIMIT 1",
        (pack_message_id(message_id), int(kind)),
    )
    return _entry(rows[0]) if rows else None


def of_message(tx: Tx, message_id: str) -> list[Entry]:
    """All entries of one message, in order."""
    return [
        _entry(row)
        for row in tx.run(
            "SELECT shard, seq, time, scope, kind, message, version, weight, detail FROM journal"
            " WHERE message = ? ORDER BY seq",
            (pack_message_id(message_id),),
        )
    ]


def scan(tx: Tx, upto: int, *, after: int = 0, page: int = 5000) -> Iterator[Entry]:
    """Every entry kept with ``after < seq <= upto``, in order."""
    while entries := read(tx, after, page):
        for entry in entries:
            if entry.seq > upto:
                return
            yield entry
        after = entries[-1].seq


def head(tx: Tx, shard: int = SHARD) -> int:
    [(seq,)] = tx.run("SELECT seq FROM journal_head WHERE shard = ?", (shard,))
    return int(seq)


def missing(tx: Tx, shard: int = SHARD) -> tuple[int, int]:
    """For whoever checks a store: how many entries are behind the head, and how many are missing where none has expired."""
    [(seq,)] = tx.run("SELECT seq FROM journal_head WHERE shard = ?", (shard,))
    [(last, count)] = tx.run("SELECT coalesce(max(seq), 0), count(*) FROM journal WHERE shard = ?", (shard,))
    [(expired,)] = tx.run("SELECT count(*) FROM journal_floor")
    return max(last - seq, 0), 0 if expired or last > seq else seq - count


def put_facts(tx: Tx, facts: Facts) -> None:
    """Keeps the facts of a new message, from the end of this transaction on."""
    row = (pack_message_id(facts.message_id), int(facts.time * 1000), facts_codec.encode(facts))
    tx.defer(_write_facts, row)


def _write_facts(tx: Tx, rows: list[tuple[bytes, int, bytes]]) -> None:
    tx.many("INSERT INTO message_facts (message, time, facts) VALUES (?, ?, ?)", rows)


def replace_facts(tx: Tx, facts: Facts) -> None:
    """For a templated message, once it is rendered: only then its header is known."""
    tx.run(
        "UPDATE message_facts SET facts = ? WHERE message = ?",
        (facts_codec.encode(facts), pack_message_id(facts.message_id)),
    )


def replace_detail(tx: Tx, entry: Entry, detail: Mapping[str, Any]) -> None:
    """To erase a person from an entry. What is counted by it must not change: consumers may have read it."""
    tx.run(
        "UPDATE journal SET detail = ? WHERE shard = ? AND seq = ?",
        (orjson.dumps(detail), entry.shard, entry.seq),
    )


def messages_naming(tx: Tx, text: str, after: bytes, limit: int) -> tuple[list[Facts], bytes | None]:
    """Of the messages behind a packed id, at most ``limit``, those whose facts have ``text`` in them, in any case, and
    where to go on.
    """
    rows = tx.run(
        "SELECT message, facts FROM message_facts WHERE message > ? ORDER BY message LIMIT ?", (after, limit)
    )
    wanted = text.lower().encode()
    found = [facts_codec.decode(blob) for _, blob in rows if wanted in blob.lower()]
    return found, rows[-1][0] if len(rows) == limit else None


def get_facts(tx: Tx, message_ids: Sequence[str]) -> dict[str, Facts]:
    """The facts of those messages that are known."""
    asked = {pack_message_id(each): each for each in message_ids}
    found: dict[str, Facts] = {}
    for group in groups(list(asked)):
        rows = tx.run(f"SELECT message, facts FROM message_facts WHERE message IN ({MARKS})", group)
        found |= {asked[message]: facts_codec.decode(blob) for message, blob in rows}
    return found


def _entry(row: tuple[Any, ...]) -> Entry:
    shard, seq, time, scope, kind, message, version, weight, detail = row
    return Entry(
        time=time,
        scope=Scope.from_key(scope),
        kind=Kind(kind),
        message_id=None if message is None else unpack_message_id(message),
        version=version,
        weight=weight,
        detail=orjson.loads(detail),
        shard=shard,
        seq=seq,
    )


def expire(tx: Tx, kinds: Sequence[Kind], *, before: int, upto: int, limit: int) -> int:
    """Drops entries of ``kinds`` older than ``before`` (milliseconds) and not behind ``upto``, at most ``limit``.

    Remembers from when on these kinds are complete, so that a recount knows what it may compare.
    """
    marks = ",".join("?" * len(kinds))
    rows = tx.run(
        f"SELECT shard, seq FROM journal WHERE kind IN ({marks}) AND time < ? AND seq <= ? LIMIT ?",
        (*map(int, kinds), before, upto, limit),
    )
    if rows:
        tx.many("DELETE FROM journal WHERE shard = ? AND seq = ?", rows)
        tx.many(
            "INSERT INTO journal_floor (kind, time) VALUES (?, ?)"
            " ON CONFLICT (kind) DO UPDATE SET time = excluded.time WHERE excluded.time > journal_floor.time",
            ((int(kind), before) for kind in kinds),
        )
    return len(rows)


def expire_facts(tx: Tx, *, before: int, limit: int) -> int:
    """Drops the facts of messages accepted before ``before`` (milliseconds), at most ``limit``.

    Facts outlive the entries that refer to them: a complaint may come weeks after its message.
    """
    rows = tx.run(
        "SELECT message FROM message_facts WHERE time < ?"
        " AND NOT EXISTS (SELECT 1 FROM journal WHERE journal.message = message_facts.message)"
        " ORDER BY time LIMIT ?",
        (before, limit),
    )
    tx.many("DELETE FROM message_facts WHERE message = ?", rows)
    return len(rows)


def floor(tx: Tx, kind: Kind) -> int:
    """From when on (milliseconds) every entry of this kind is still kept; 0 when none was ever dropped."""
    rows = tx.run("SELECT time FROM journal_floor WHERE kind = ?", (int(kind),))
    return int(rows[0][0]) if rows else 0


def facts_page(tx: Tx, after: bytes, since: int, limit: int) -> list[Facts]:
    """Facts of messages accepted at or after ``since`` (milliseconds), by packed id, behind ``after``."""
    rows = tx.run(
        "SELECT facts FROM message_facts WHERE message > ? AND time >= ? ORDER BY message LIMIT ?",
        (after, since, limit),
    )
    return [facts_codec.decode(blob) for (blob,) in rows]
