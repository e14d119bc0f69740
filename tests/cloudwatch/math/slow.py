"""Metric math the slow and obvious way: one point after another, in dictionaries. The oracle of the vectorised evaluator."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from mailgauge.cloudwatch.math.syntax import (
    Array,
    Call,
    Chain,
    Keyword,
    Negation,
    Node,
    Number,
    Power,
    Reference,
    Text,
)

Line = dict[int, float]
Slow = float | Line | list[Line]


class SlowMath:
    """``times`` are those of the range, ``metrics`` the series by id."""

    def __init__(self, metrics: Mapping[str, Line], times: Sequence[int], period: int) -> None:
        self.metrics = metrics
        self.times = times
        self.period = period

    def value(self, node: Node) -> Slow:
        match node:
            case Number(number):
                return number
            case Reference(name):
                return dict(self.metrics[name])
            case Negation(operand):
                return _map(self.value(operand), lambda number: -number)
            case Array(items):
                return [line for item in items for line in _lines(self.value(item))]
            case Chain(first, rest):
                found = self.value(first)
                for operator, operand in rest:
                    found = _join(operator, found, self.value(operand))
                return found
            case Power(operands):
                found = self.value(operands[-1])
                for operand in operands[-2::-1]:
                    found = _join("^", self.value(operand), found)
                return found
            case Call(name, arguments):
                return self._call(name, arguments)
        raise AssertionError(node)

    def _call(self, name: str, arguments: Sequence[Node]) -> Slow:
        if name == "METRICS":
            wanted = arguments[0].value if arguments and isinstance(arguments[0], Text) else ""
            return [dict(line) for key, line in self.metrics.items() if str(wanted) in key]
        if name == "PERIOD":
            return float(self.period)
        words = [each.name for each in arguments if isinstance(each, Keyword)]
        values = [self.value(each) for each in arguments if not isinstance(each, Keyword)]
        first = values[0]
        match name:
            case "ABS" | "CEIL" | "FLOOR" | "LOG" | "LOG10":
                return _map(first, _POINT[name])
            case "DIFF" | "DIFF_TIME" | "RATE" | "RUNNING_SUM":
                return (
                    [_steps(name, each) for each in first]
                    if isinstance(first, list)
                    else _steps(name, _line(first))
                )
            case "AVG" | "SUM" | "MAX" | "MIN" | "STDDEV" | "DATAPOINT_COUNT":
                return (
                    _across(name, first)
                    if isinstance(first, list)
                    else _reduce(name, list(_line(first).values()))
                )
            case "MINUTE" | "HOUR" | "DAY" | "DATE" | "MONTH" | "YEAR" | "EPOCH":
                return {time: _calendar(name, time) for time in self.times}
            case "FILL":
                filler = words[0] if words else values[1]
                return (
                    [self._fill(each, filler) for each in first]
                    if isinstance(first, list)
                    else self._fill(_line(first), filler)
                )
            case "IF":
                return _if(first, values[1], values[2] if len(values) > 2 else None)
            case "TIME_SERIES":
                return {} if math.isnan(_number(first)) else dict.fromkeys(self.times, _number(first))
        return _chosen(name, _lines(first), values, words)

    def _fill(self, line: Line, filler: Slow | str) -> Line:
        found: Line = {}
        for time in sorted({*self.times, *line}):
            value = line.get(time, math.nan)
            if time not in line:
                value = _filled(line, filler, time)
            if math.isfinite(value):
                found[time] = value
        return found


def _filled(line: Line, filler: Slow | str, time: int) -> float:
    before, after = [at for at in line if at < time], [at for at in line if at > time]
    if isinstance(filler, dict):
        return filler.get(time, math.nan)
    if filler == "REPEAT":
        return line[max(before)] if before else math.nan
    if filler == "LINEAR":
        if not before or not after:
            return math.nan
        start, end = max(before), min(after)
        return line[start] + (line[end] - line[start]) * (time - start) / (end - start)
    assert isinstance(filler, float)
    return filler


def _chosen(name: str, lines: list[Line], values: Sequence[Slow], words: Sequence[str]) -> Slow:
    match name:
        case "FIRST":
            return lines[0] if lines else {}
        case "LAST":
            return lines[-1] if lines else {}
        case "METRIC_COUNT":
            return float(len(lines))
        case "REMOVE_EMPTY":
            return [line for line in lines if line]
        case "SLICE":
            return (
                lines[slice(*(int(_number(each)) for each in values[1:]))]
                if len(values) > 2
                else lines[int(_number(values[1])) :]
            )
    assert name == "SORT"
    full = [line for line in lines if line]
    full.sort(key=lambda line: _reduce(words[0], list(line.values())) * (1 if words[1] == "ASC" else -1))
    ordered = full + [line for line in lines if not line]
    return ordered[: int(_number(values[1]))] if len(values) > 1 else ordered


def _if(condition: Slow, then: Slow, otherwise: Slow | None) -> Line:
    if not isinstance(condition, dict):
        chosen = then if _number(condition) and not math.isnan(_number(condition)) else otherwise
        return dict(_line(chosen)) if chosen is not None else {}
    found: Line = {}
    for time, holds in condition.items():
        if holds:
            value = then.get(time, 0.0) if isinstance(then, dict) else _number(then)
        elif otherwise is None:
            continue
        else:
            value = otherwise.get(time, math.nan) if isinstance(otherwise, dict) else _number(otherwise)
        if math.isfinite(value):
            found[time] = value
    return found


def _join(operator: str, left: Slow, right: Slow) -> Slow:
    if isinstance(left, list):
        return [_line(_join(operator, each, right)) for each in left]
    if isinstance(right, list):
        return [_line(_join(operator, left, each)) for each in right]
    if isinstance(left, float) and isinstance(right, float):
        return _operate(operator, left, right)
    times = {*(left if isinstance(left, dict) else ()), *(right if isinstance(right, dict) else ())}
    found: Line = {}
    for time in sorted(times):
        one = left.get(time, 0.0) if isinstance(left, dict) else left
        other = right.get(time, 0.0) if isinstance(right, dict) else right
        value = _operate(operator, one, other)
        if math.isfinite(value):
            found[time] = value
    return found


def _operate(operator: str, one: float, other: float) -> float:
    if math.isnan(one) or math.isnan(other):
        return math.nan
    try:
        value = _OPERATORS[operator](one, other)
    except (ZeroDivisionError, OverflowError):
        return math.nan
    if isinstance(value, complex):
        return math.nan
    return float(value) if math.isfinite(value) else math.nan


_OPERATORS: dict[str, Callable[[float, float], float | complex]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "AND": lambda a, b: bool(a) and bool(b),
    "OR": lambda a, b: bool(a) or bool(b),
}


def _log(of: Callable[[float], float]) -> Callable[[float], float]:
    return lambda number: of(number) if number > 0 else math.nan


_POINT: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": _log(math.log),
    "LOG10": _log(math.log10),
}


def _steps(name: str, line: Line) -> Line:
    if name == "RUNNING_SUM":
        return {time: math.fsum(value for at, value in line.items() if at <= time) for time in line}
    found: Line = {}
    for before, time in pairwise(sorted(line)):
        change, seconds = line[time] - line[before], time - before
        found[time] = {"DIFF": change, "DIFF_TIME": float(seconds), "RATE": change / seconds}[name]
    return found


def _reduce(name: str, values: list[float]) -> float:
    if name == "DATAPOINT_COUNT":
        return float(len(values))
    if name == "SUM":
        return math.fsum(values)
    if not values:
        return math.nan
    if name in {"MAX", "MIN"}:
        return max(values) if name == "MAX" else min(values)
    mean = math.fsum(values) / len(values)
    return (
        mean if name == "AVG" else math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    )


def _across(name: str, lines: list[Line]) -> Line:
    found: Line = {}
    for time in sorted({time for line in lines for time in line}):
        values = [line[time] for line in lines if time in line]
        found[time] = math.fsum(values) / len(lines) if name == "AVG" else _reduce(name, values)
    return found


def _calendar(name: str, time: int) -> float:
    moment = datetime.fromtimestamp(time, UTC)
    return float(
        {
            "MINUTE": moment.minute,
            "HOUR": moment.hour,
            "DAY": moment.isoweekday(),
            "DATE": moment.day,
            "MONTH": moment.month,
            "YEAR": moment.year,
            "EPOCH": time,
        }[name]
    )


def _map(value: Slow, change: Callable[[float], float]) -> Slow:
    if isinstance(value, list):
        return [_line(_map(each, change)) for each in value]
    if isinstance(value, dict):
        changed = {time: change(number) for time, number in value.items()}
        return {time: float(number) for time, number in changed.items() if math.isfinite(number)}
    return change(value)


def _lines(value: Slow) -> list[Line]:
    return value if isinstance(value, list) else [_line(value)]


def _line(value: Slow) -> Line:
    assert isinstance(value, dict)
    return value


def _number(value: Slow) -> float:
    assert isinstance(value, float)
    return value
