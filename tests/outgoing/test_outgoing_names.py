"""Names as the system knows them."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from mailgauge.outgoing.names import AT_ONCE, SystemNames


async def test_the_systems_file_of_hosts_counts_and_unknown_names_have_no_address() -> None:
    names = SystemNames()
    assert set(await names("localhost")) <= {"127.0.0.1", "::1"}
    assert await names("localhost")
    assert await names("127.0.0.1") == ["127.0.0.1"]
    assert await names("no-such-name.invalid") == []
    assert await names(f"{'x' * 70}.example") == []


async def test_names_that_nobody_answers_for_hold_up_so_many_threads_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()

    def look_up(host: str, *_: Any, **__: Any) -> list[Any]:
        assert answered.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    names = SystemNames()
    before = threading.active_count()
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(names("slow.example")) for _ in range(2 * AT_ONCE)]
        while threading.active_count() < before + AT_ONCE:  # noqa: ASYNC110 - threads set no event
            await asyncio.sleep(0.001)
        assert threading.active_count() == before + AT_ONCE
        asking[0].cancel()
        answered.set()
