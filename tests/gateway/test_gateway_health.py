from collections.abc import MutableMapping
from typing import Any

import orjson

from mailgauge.base.clock import ManualClock
from mailgauge.base.health import Finding, Level
from mailgauge.gateway.health import Health


async def ask(health: Health) -> tuple[int, dict[str, Any]]:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await health({"type": "http"}, receive, send)
    return sent[0]["status"], orjson.loads(sent[1]["body"])


async def good() -> list[Finding]:
    return [Finding("store", Level.OK, "writes")]


async def worrying() -> list[Finding]:
    return [Finding("disk", Level.WARNING, "nearly full", "make room")]


async def broken() -> list[Finding]:
    raise RuntimeError("a secret detail")


async def test_no_findings_are_good_news() -> None:
    assert await ask(Health([], ManualClock())) == (200, {"status": "ok", "findings": []})


async def test_warnings_are_told_and_keep_the_service_in_rotation() -> None:
    status, report = await ask(Health([good, worrying], ManualClock()))
    assert (status, report["status"]) == (200, "warning")
    assert report["findings"][1] == {
        "check": "disk",
        "level": "warning",
        "text": "nearly full",
        "advice": "make room",
    }


async def test_a_check_that_fails_is_a_problem_and_hides_no_other() -> None:
    status, report = await ask(Health([broken, good], ManualClock()))
    assert (status, report["status"]) == (503, "problem")
    assert [f["check"] for f in report["findings"]] == ["broken", "store"]
    assert "secret" not in str(report)


async def test_checks_run_at_most_once_a_second() -> None:
    clock, runs = ManualClock(), 0

    async def counting() -> list[Finding]:
        nonlocal runs
        runs += 1
        return []

    health = Health([counting], clock)
    await ask(health)
    await ask(health)
    assert runs == 1
    clock.step(1.0)
    await ask(health)
    assert runs == 2
