"""The tools of ``local``: what the clock may be told."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from mailgauge.base.clock import SystemClock
from mailgauge.events import journal
from mailgauge.server.local_tools import local_tools
from mailgauge.store.sqlite import SqliteStore


async def advance(clock: SystemClock, store: SqliteStore, body: bytes) -> int:
    """Posts to the clock and returns the status."""
    statuses: list[int] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "method": "POST", "path": "/clock", "query_string": b"", "headers": []}
    await local_tools(store, clock)(scope, receive, send)
    return statuses[0]


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
