"""What `/healthz` and `doctor` say of alarms that can't be trusted just now."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgauge.base.health import Finding, Level
from mailgauge.server.alarm_checks import alarm_checks
from tests.cloudwatch.alarm_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


async def findings(bench: Bench) -> list[Finding]:
    return [found for check in alarm_checks(bench.metrics, bench.clock) for found in await check()]


async def test_nothing_is_said_while_alarms_are_evaluated(bench: Bench) -> None:
    await bench.put()
    assert await findings(bench) == []
    await bench.pass_time()
    assert await findings(bench) == []


async def test_alarms_that_wait_for_the_clock_are_told_of(bench: Bench) -> None:
    await bench.put()
    await bench.pass_time()
    bench.clock.step(-600)
    [found] = await findings(bench)
    assert found.level is Level.WARNING
    assert found.text.startswith("no alarm is evaluated for 5")


async def test_an_alarm_that_cant_be_evaluated_is_named_with_the_reason(bench: Bench) -> None:
    await bench.put()
    await bench.metrics.write(
        lambda tx: tx.run(
            "UPDATE alarm SET evaluation_state = 'EVALUATION_ERROR', reason = 'no such function'"
        )
    )
    [found] = await findings(bench)
    assert found.text == (
        "alarm complaints of account 123456789012 (us-east-1): EVALUATION_ERROR: no such function"
    )
