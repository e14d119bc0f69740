"""The metrics of a widget: arrays of names with shorthands, or expressions, and how each is shown. Pure.

``"."`` repeats what stood at the same place in the entry before, ``"..."`` everything up to what follows it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailgauge.cloudwatch.periods import is_legal
from mailgauge.cloudwatch.statistics import parse
from mailgauge.cloudwatch.widgets.faults import WidgetError

MOST: Final = 100
_PERIOD: Final = 300
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_SAME_ID: Final = 'The property "metrics" has two entries with the same id.'
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class MetricName:
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A metric or an expression. ``label`` and ``color`` None stand for the default ones."""

    id: str
    metric: MetricName | None
    expression: str | None
    statistic: str
    period: int
    label: str | None = None
    color: str | None = None
    is_right: bool = False
    is_visible: bool = True


def entries(given: Mapping[str, Any], most: int = MOST) -> tuple[Entry, ...]:
    """Those of a widget's ``metrics``. Raises WidgetError."""
    metrics = given.get("metrics")
    if not isinstance(metrics, list) or not metrics:
        raise WidgetError('The property "metrics" must be an array of at least one metric.')
    if len(metrics) > most:
        raise WidgetError(f'The property "metrics" has more than {most} metrics.')
    found: list[Entry] = []
    for _, each in each_entry(given, metrics):
        if isinstance(each, WidgetError):
            raise each
        found.append(each)
    return tuple(found)


def each_entry(
    given: Mapping[str, Any], metrics: Sequence[object]
) -> Iterator[tuple[int, Entry | WidgetError]]:
    """Each entry that is not None by its number, or what is wrong with it. What is wrong is repeated by none behind it."""
    before: list[str] = []
    seen: set[str] = set()
    for number, entry in enumerate(metrics):
        if entry is None:
            continue
        try:
            found, before = _read(given, entry, before, number)
        except WidgetError as error:
            yield number, error
            continue
        is_new = found.id not in seen
        seen.add(found.id)
        yield number, found if is_new else WidgetError(_SAME_ID)


def _read(given: Mapping[str, Any], entry: object, before: list[str], number: int) -> tuple[Entry, list[str]]:
    """The entry, and the names that the next one may repeat."""
    where = f"metrics[{number}]"
    if not isinstance(entry, list) or not entry:
        raise WidgetError(f'The property "{where}" must be an array.')
    options = entry[-1] if isinstance(entry[-1], dict) else {}
    names = entry[:-1] if entry[-1] is options else entry
    if not all(isinstance(name, str) for name in names):
        raise WidgetError(f'The property "{where}" must hold strings, and options at its end.')
    if not names:
        return _entry(given, options, where, number, metric=None), before
    before = _expanded(names, before, where)
    return _entry(given, options, where, number, metric=_metric(before, where)), before


def _expanded(names: list[str], before: list[str], where: str) -> list[str]:
    if "..." in names:
        place = names.index("...")
        tail = names[place + 1 :]
        kept = len(before) - len(tail) - place
        if kept < 0 or "..." in tail:
            raise WidgetError(f'The property "{where}" repeats more than the entry before it has.')
        names = [*names[:place], *before[place : place + kept], *tail]
    for place, name in enumerate(names):
        if name == "." and place >= len(before):
            raise WidgetError(f'The property "{where}" repeats more than the entry before it has.')
    return [before[place] if name == "." else name for place, name in enumerate(names)]


def _metric(names: list[str], where: str) -> MetricName:
    if len(names) < 2 or len(names) % 2:
        raise WidgetError(
            f'The property "{where}" must be a namespace, a metric name, and names and values of dimensions.'
        )
    pairs = zip(names[2::2], names[3::2], strict=True)
    return MetricName(names[0], names[1], tuple(pairs))


def _entry(
    given: Mapping[str, Any], options: dict[str, Any], where: str, number: int, *, metric: MetricName | None
) -> Entry:
    expression = options.get("expression")
    if metric is None and not (isinstance(expression, str) and expression.strip()):
        raise WidgetError(f'The property "{where}" has neither a metric nor an expression.')
    if metric is not None and expression is not None:
        raise WidgetError(f'The property "{where}" has both a metric and an expression.')
    entry = Entry(
        id=options.get("id", f"{'e' if metric is None else 'm'}_{number}"),
        metric=metric,
        expression=expression,
        statistic=options.get("stat", given.get("stat", "Average")),
        period=options.get("period", given.get("period", _PERIOD)),
        label=options.get("label"),
        color=options.get("color"),
        is_right=options.get("yAxis", "left") == "right",
        is_visible=options.get("visible", True) is not False,
    )
    _check(entry, options, where)
    return entry


def _check(entry: Entry, options: dict[str, Any], where: str) -> None:
    if not isinstance(entry.id, str) or not _ID.fullmatch(entry.id):
        raise WidgetError(f'The property "{where}.id" must match {_ID.pattern}.')
    if not isinstance(entry.statistic, str) or parse(entry.statistic) is None:
        raise WidgetError(f'The property "{where}.stat" is not a valid statistic.')
    if isinstance(entry.period, bool) or not isinstance(entry.period, int) or not is_legal(entry.period):
        raise WidgetError(f'The property "{where}.period" must be a multiple of 60.')
    if entry.label is not None and not isinstance(entry.label, str):
        raise WidgetError(f'The property "{where}.label" must be a string.')
    if entry.color is not None and not (isinstance(entry.color, str) and _COLOR.fullmatch(entry.color)):
        raise WidgetError(f'The property "{where}.color" must be like #1f77b4.')
    if options.get("yAxis", "left") not in {"left", "right"}:
        raise WidgetError(f'The property "{where}.yAxis" must be left or right.')
