"""Reads ``alarm_timelines.txt`` and runs what it tells: an alarm, what happens on a clock, and the states that follow."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailgauge.base.clock import ManualClock
from mailgauge.cloudwatch.alarms import schedule
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet
from tests.cloudwatch.alarm_bench import SCOPE, Bench

TEXT = Path(__file__).with_name("alarm_timelines.txt")
#: 0:00 of every timeline, the beginning of a day.
BEGIN = 1_750_032_000
NAMESPACE = "Timelines"

_COMPARISONS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
_STATES = {"OK": "OK", "ALARM": "ALARM", "INSUFFICIENT": "INSUFFICIENT_DATA"}
_ALARM = re.compile(
    r"(?P<what>.+) (?P<period>\d+)s (?:(?P<m>\d+) of )?(?P<n>\d+) (?P<sign>[<>]=?) (?P<threshold>-?[\d.]+)(?P<rest>.*)"
)


@dataclass
class Timeline:
    """``happens`` are (time, what); ``states`` what the history tells of changes of state, as the text writes it."""

    name: str
    alarm: dict[str, Any] = field(default_factory=dict)
    happens: list[tuple[float, str]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


def timelines() -> list[Timeline]:
    found: list[Timeline] = []
    for line in TEXT.read_text().splitlines():
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        kind, _, rest = words.partition(" ")
        if not line.startswith(" "):
            found.append(Timeline(words))
        elif kind == "alarm":
            found[-1].alarm = _alarm(rest.strip())
        elif kind == "states":
            found[-1].states += _parts(rest)
        else:
            assert kind == "runs", line
            found[-1].happens += [each for part in _parts(rest) for each in _happening(part)]
    for timeline in found:
        if not any(what.startswith("clock") for _, what in timeline.happens):
            timeline.happens.sort(key=lambda each: each[0])
    return found


def seconds(text: str) -> float:
    """``m:ss``, ``h:mm:ss`` or ``1d h:mm:ss``, from the beginning on."""
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    days, _, clock = text.rpartition("d")
    hours, minutes, rest = ([0.0] * 3 + [float(each) for each in clock.split(":")])[-3:]
    return sign * (float(days or 0) * 86400 + hours * 3600 + minutes * 60 + rest)


def told(when: float) -> str:
    days, rest = divmod(round(when), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    clock = f"{minutes}:{rest:02}" if not days and not hours else f"{hours}:{minutes:02}:{rest:02}"
    return f"{days}d{clock}" if days else clock


async def run(timeline: Timeline, folder: Path) -> list[str]:
    """The changes of state that the history tells of, each as ``m:ss STATE``."""
    life = _Life(timeline, folder)
    try:
        for when, what in timeline.happens:
            await life.until(BEGIN + when)
            await life.happen(what)
        return await life.changes()
    finally:
        life.bench.close()


class _Life:
    """One timeline on its way: the clock goes from boundary to boundary, and the runner is asked at each."""

    def __init__(self, timeline: Timeline, folder: Path) -> None:
        self._params = timeline.alarm
        self._folder = folder
        self._is_up = True
        self._is_put = False
        self._every = schedule.step(_period(timeline.alarm), timeline.alarm["EvaluationPeriods"])
        self._closely_until = float(BEGIN)
        self.clock = ManualClock(BEGIN - 86400 * 7)
        self.bench = Bench(folder, self.clock)

    async def until(self, when: float) -> None:
        if not self._is_put and when >= BEGIN:
            self.clock.step(BEGIN - self.clock.now())
            await self._put()
        while self._is_put and (tick := self._next_tick()) <= when:
            self.clock.step(tick - self.clock.now())
            await self._evaluate()
        if when > self.clock.now():
            self.clock.step(when - self.clock.now())

    def _next_tick(self) -> float:
        """The runner asks every ten seconds; where nothing can be due between, that is left out here."""
        now = self.clock.now()
        every = schedule.SHORTEST_STEP if now < self._closely_until else self._every
        return ((now - schedule.SETTLE) // every + 1) * every + schedule.SETTLE

    async def happen(self, what: str) -> None:
        first, *rest = what.split() or [""]
        match first:
            case "":
                pass
            case "set":
                state = _STATES[rest[0]]
                await self.bench.call("SetAlarmState", AlarmName="a", StateValue=state, StateReason="by hand")
            case "put":
                self._params = self._params | {
                    name: int(value) if value.lstrip("-").isdigit() else value
                    for name, _, value in (each.partition("=") for each in rest)
                }
                await self._put()
            case "delete":
                await self.bench.call("DeleteAlarms", AlarmNames=["a"])
            case "down" | "up" | "restart":
                self._is_up = first != "down"
                self.bench.close()
                self.bench = Bench(self._folder, self.clock)
                await self._evaluate()
            case "clock":
                self.clock.step(BEGIN + seconds(rest[0]) - self.clock.now())
                await self._evaluate()
            case _:
                await self._arrive(what)

    async def _put(self) -> None:
        self._is_put = True
        self._closely_until = self.clock.now() + 20
        self._every = schedule.step(_period(self._params), self._params["EvaluationPeriods"])
        await self.bench.call("PutMetricAlarm", **self._params)
        await self._evaluate()

    async def _evaluate(self) -> None:
        if self._is_up:
            await self.bench.runner.evaluate_due()

    async def _arrive(self, what: str) -> None:
        """``[NAME=]VALUE [xCOUNT] [of TIME] [UNIT] [minute]``"""
        value, *rest = what.split()
        name, _, number = value.rpartition("=")
        time, unit, count = self.clock.now(), "Count", 1.0
        resolution = 1 if _period(self._params) < 60 else 60
        words = iter(rest)
        for word in words:
            if word == "of":
                time = BEGIN + seconds(next(words))
            elif word == "minute":
                resolution = 60
            elif re.fullmatch(r"x\d+", word):
                count = float(word[1:])
            else:
                unit = word
        series = Series.of(SCOPE, NAMESPACE, name or "m", {})
        delta = Delta(series, unit, int(time), StatSet.of(float(number), count), resolution)
        await self.bench.metrics.write(lambda tx: self.bench.engine.apply(tx, [delta], self.clock.now()))

    async def changes(self) -> list[str]:
        items = await self.bench.history(HistoryItemType="StateUpdate")
        short = {long: name for name, long in _STATES.items()}
        return [
            f"{told(item['Timestamp'].timestamp() - BEGIN)} {short[item['HistorySummary'].split()[-1]]}"
            for item in items
        ]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _happening(part: str) -> Iterator[tuple[float, str]]:
    """``TIME what``, or ``TIME..TIME/STEP what`` for the same thing again and again."""
    when, _, what = part.partition(" ")
    first, _, last = when.partition("..")
    if not last:
        yield seconds(first), what.strip()
        return
    last, _, step = last.partition("/")
    time = seconds(first)
    while time <= seconds(last):
        yield time, what.strip()
        time += seconds(step or "1:00")


def _alarm(text: str) -> dict[str, Any]:
    """``STATISTIC PERIODs [M of] N > THRESHOLD [options]``; in place of a statistic, an expression between quotes."""
    found = _ALARM.fullmatch(text)
    assert found is not None, text
    params: dict[str, Any] = {
        "AlarmName": "a",
        "EvaluationPeriods": int(found["n"]),
        "Threshold": float(found["threshold"]),
        "ComparisonOperator": _COMPARISONS[found["sign"]],
    }
    if found["m"]:
        params["DatapointsToAlarm"] = int(found["m"])
    what, period = found["what"], int(found["period"])
    if what.startswith("'"):
        params["Metrics"] = _metrics(what.strip("'"), period)
    else:
        statistic = "ExtendedStatistic" if what.startswith("p") else "Statistic"
        params |= {"Namespace": NAMESPACE, "MetricName": "m", statistic: what, "Period": period}
    for word in found["rest"].split():
        name, _, value = word.partition("=")
        if name == "unit":
            params["Unit"] = value
        elif name == "few":
            params["EvaluateLowSampleCountPercentile"] = value
        else:
            params["TreatMissingData"] = name
    return params


def _metrics(expression: str, period: int) -> list[dict[str, Any]]:
    """The expression with the metrics it names, which are single letters, each a sum."""
    names = [] if expression.startswith("SELECT") else sorted(set(re.findall(r"\b[a-z]\b", expression)))
    metrics: list[dict[str, Any]] = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": NAMESPACE, "MetricName": name},
                "Period": period,
                "Stat": "Sum",
            },
            "ReturnData": False,
        }
        for name in names
    ]
    result: dict[str, Any] = {"Id": "result", "Expression": expression, "ReturnData": True}
    return [*metrics, result if names else result | {"Period": period}]


def _period(params: dict[str, Any]) -> int:
    if "Period" in params:
        return int(params["Period"])
    first = params["Metrics"][0]
    return int(first.get("Period") or first["MetricStat"]["Period"])
