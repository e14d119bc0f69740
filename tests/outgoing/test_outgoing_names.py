"""Names as the system knows them."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from mailgauge.outgoing.names import AT_ONCE, SystemNames


async def test_the_systems_file_of_hosts_counts() -> None:
    names = SystemNames()
    assert set(await names("localhost")) <= {"127.0.0.1", "::1"}
    assert await names("localhost")
    assert await names("127.0.0.1") == ["127.0.0.1"]


async def test_unknown_names_and_what_is_no_name_have_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    names = SystemNames()
    assert await names(f"{'x' * 70}.example") == []

    def unknown(host: str, *_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert await names("unknown.example") == []


async def test_names_that_nobody_answers_for_hold_up_so_many_threads_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()
    asked: list[str] = []

    def look_up(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        assert answered.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    names = SystemNames()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        asking = [group.create_task(names("slow.example")) for _ in range(2 * AT_ONCE)]
        while len(asked) < AT_ONCE:  # noqa: ASYNC110 - threads set no event
            await asyncio.sleep(0.001)
        asking[0].cancel()
        await asyncio.sleep(0)
        assert len(asked) == AT_ONCE
        answered.set()
    assert len(asked) == 2 * AT_ONCE
