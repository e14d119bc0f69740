"""The tools of ``local``: what the clock may be told, and which events are shown."""

import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from mailgauge.base.clock import SystemClock
from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.server.local_tools import local_tools
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx

HERE = Scope("000000000000", "us-east-1")


async def ask(clock: SystemClock, store: SqliteStore, method: str, target: str, body: bytes = b"") -> Any:
    """The status and the JSON of the answer."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [],
    }
    await local_tools(store, clock)(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(each.get("body", b"") for each in sent))


async def advance(clock: SystemClock, store: SqliteStore, body: bytes) -> int:
    """Posts to the clock and returns the status."""
    status, _ = await ask(clock, store, "POST", "/clock", body)
    assert isinstance(status, int)
    return status


@pytest.mark.parametrize(
    "seconds", ["-1", '"nan"', '"inf"', "1e300", '"soon"', "null"], ids=lambda text: text.strip('"')
)
async def test_the_clock_is_never_stepped_out_of_the_calendar(tmp_path: Path, seconds: str) -> None:
    store = SqliteStore.open(tmp_path / "mail.db", [journal.SCHEMA])
    offset = tmp_path / "clock"
    clock = SystemClock(offset)
    assert await advance(clock, store, b'{"advance": 60}') == 200
    assert await advance(clock, store, f'{{"advance": {seconds}}}'.encode()) == 400
    assert float(offset.read_text()) == 60
    store.close()


async def told(store: SqliteStore, query: str) -> list[str]:
    """The senders of the messages of the events answered."""
    status, answer = await ask(SystemClock(), store, "GET", f"/events{query}")
    assert status == 200
    return [event["mail"]["source"] for event in answer["events"]]


async def test_events_are_the_newest_however_much_else_the_journal_holds(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "mail.db", [journal.SCHEMA])
    ids = [new_message_id("us-east-1", 1_750_000_000.0 + number) for number in range(120)]

    def fill(tx: Tx) -> None:
        for number, message_id in enumerate(ids):
            facts = Facts(
                message_id, 1_750_000_000.0, HERE.account, HERE.region, f"{number}@example.com", [], {}
            )
            journal.put_facts(tx, facts)
            journal.append(tx, Entry(number, HERE, Kind.SEND, message_id, None, 1, {}))
            for _ in range(20):
                journal.append(tx, Entry(number, HERE, Kind.METRIC_DATA, None, None, 1, {}))

    await store.write(fill)
    assert await told(store, "") == [f"{number}@example.com" for number in range(20, 120)]
    assert await told(store, "?limit=2") == ["118@example.com", "119@example.com"]
    assert len(await told(store, "?limit=10000")) == 120
    assert await told(store, f"?message={ids[5]}") == ["5@example.com"]
    for wrong in ("0", "-1", "10001", "many", ""):
        status, answer = await ask(SystemClock(), store, "GET", f"/events?limit={wrong}")
        assert (status, answer) == (400, {"message": "limit must be 1 to 10000"})
    store.close()
