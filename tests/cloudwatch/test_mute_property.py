"""Muted alarms against a model: whatever happens in whatever order, every change is told once, or is rightly not told."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from hypothesis import given
from hypothesis import strategies as some

from mailgauge.base.clock import ManualClock
from tests.cloudwatch.alarm_bench import TOPIC, Bench

NOW = datetime(2026, 11, 23, 22, 0, tzinfo=UTC).timestamp()
MINUTE = 60
# Every ten minutes or at once, for some minutes; one rule is put again, the others lie over it.
RULES = {
    "a": ("cron(0,10,20,30,40,50 * * * *)", 4, 10),
    "b": ("cron(5,15,25,35,45,55 * * * *)", 2, 10),
    "c": ("at(2026-11-23T22:10)", 30, None),
}

Told = tuple[str, bool]


@dataclass
class Model:
    """Minute by minute, in whole minutes: what is muted, what waits, what was told."""

    minute: int = 0
    value: str = "OK"
    rules: set[str] = field(default_factory=set)
    waiting_since: str | None = None
    waits: bool = False
    told: list[Told] = field(default_factory=list)

    def is_muted(self) -> bool:
        return any(self._mutes(name) for name in self.rules)

    def _mutes(self, name: str) -> bool:
        _, length, every = RULES[name]
        if every is None:
            return 10 <= self.minute < 10 + length
        offset = 5 if name == "b" else 0
        return (self.minute - offset) % every < length

    def turn(self, value: str) -> None:
        if value == self.value:
            return
        if self.is_muted():
            self.waiting_since = self.waiting_since or self.value
            self.waits = True
        else:
            self.told.append((value, False))
            self.waiting_since, self.waits = None, False
        self.value = value

    def look(self) -> None:
        """What the runner does whenever something may have ended."""
        if self.waits and not self.is_muted():
            if self.value == "ALARM" or self.value != self.waiting_since:
                self.told.append((self.value, True))
            self.waiting_since, self.waits = None, False


STEP = some.one_of(
    some.tuples(some.just("turn"), some.sampled_from(["OK", "ALARM", "INSUFFICIENT_DATA"])),
    some.tuples(some.just("wait"), some.integers(1, 7)),
    some.tuples(some.just("put"), some.sampled_from(sorted(RULES))),
    some.tuples(some.just("delete"), some.sampled_from(sorted(RULES))),
)


async def perform(bench: Bench, model: Model, what: str, value: str | int) -> None:
    if what == "turn":
        await bench.call("SetAlarmState", AlarmName="complaints", StateValue=value, StateReason="x")
        model.turn(str(value))
    elif what == "wait":
        for _ in range(int(value)):
            bench.clock.step(MINUTE)
            model.minute += 1
            await bench.mutes.unmute()
            model.look()
    elif what == "put":
        expression, length, _ = RULES[str(value)]
        schedule = {"Expression": expression, "Duration": f"PT{length}M"}
        targets = {"AlarmNames": ["complaints"]}
        await bench.call("PutAlarmMuteRule", Name=value, Rule={"Schedule": schedule}, MuteTargets=targets)
        model.rules.add(str(value))
    else:
        await bench.call("DeleteAlarmMuteRule", AlarmMuteRuleName=value)
        model.rules.discard(str(value))
    await bench.mutes.unmute()
    model.look()


async def told(bench: Bench) -> list[Told]:
    rows = await bench.metrics.read(lambda tx: tx.run("SELECT notice FROM alarm_action ORDER BY seq"))
    messages = [orjson.loads(orjson.loads(notice)["message"]) for (notice,) in rows]
    return [(each["NewStateValue"], "ActionExecutedAfterMuteWindow" in each) for each in messages]


async def play(folder: Path, steps: list[tuple[str, str | int]]) -> None:
    bench, model = Bench(folder, ManualClock(NOW)), Model()
    try:
        actions = {name: [TOPIC] for name in ("OKActions", "AlarmActions", "InsufficientDataActions")}
        await bench.put(**actions)
        await bench.call("SetAlarmState", AlarmName="complaints", StateValue="OK", StateReason="x")
        await bench.metrics.write(lambda tx: tx.run("DELETE FROM alarm_action"))
        for what, value in steps:
            await perform(bench, model, what, value)
        assert await told(bench) == model.told
    finally:
        bench.close()


@given(steps=some.lists(STEP, max_size=20))
def test_what_is_told_is_what_the_model_tells(steps: list[tuple[str, str | int]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), steps))
