"""`cloudwatch/GetMetricWidgetImage`: a graph of metrics as a PNG; as SVG too, which is an extension."""

import asyncio
from collections.abc import Callable
from typing import Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.expressions import Gathered
from mailgauge.cloudwatch.math.plan import ExpressionError, Plan
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.queries import (
    Item,
    Labels,
    Query,
    computed_apart,
    default_labels,
    items,
    planned,
    points_of,
)
from mailgauge.cloudwatch.read import MetricStat
from mailgauge.cloudwatch.source import Source
from mailgauge.cloudwatch.statistics import parse
from mailgauge.cloudwatch.widgets import palette
from mailgauge.cloudwatch.widgets.definition import Widget, widget
from mailgauge.cloudwatch.widgets.drawn import Drawn
from mailgauge.cloudwatch.widgets.entries import Entry
from mailgauge.cloudwatch.widgets.faults import WidgetError
from mailgauge.cloudwatch.widgets.image import png
from mailgauge.cloudwatch.widgets.picture import picture
from mailgauge.store.transaction import Store, Tx
from mailgauge.tsdb.engine import Engine
from mailgauge.tsdb.series import Series

MOST_POINTS: Final = 150_000
"""A hundred series of a day of minutes. The renderer lets nobody else run meanwhile, so it is not to have more."""

_FORMATS: Final = ("png", "image/png", "svg", "image/svg+xml")


def operations(metrics: Store, engine: Engine) -> dict[str, Handler]:
    """``metrics`` is the metrics database."""

    async def get_metric_widget_image(caller: Caller, params: Params) -> Result:
        form = params.get("OutputFormat") or "png"
        if form not in _FORMATS:
            raise AwsError(
                "ValidationError", f"The parameter OutputFormat must be one of: {', '.join(_FORMATS)}."
            )
        wanted, asked, plan = _checked(caller, params)

        def source(tx: Tx) -> Source:
            return Source(tx, engine, caller.scope, Window(wanted.start, wanted.end, caller.now))

        async def gathered(work: Callable[[Source], Gathered]) -> Gathered:
            return await metrics.read(lambda tx: work(source(tx)))

        try:
            results = await computed_apart(gathered, asked, plan)
        except ExpressionError as error:
            raise AwsError("ValidationError", str(error)) from error
        named = Labels(plan, default_labels(asked), caller.now, wanted.zone)
        listed = items(asked, results)
        try:
            series = await metrics.read(lambda tx: _series(source(tx), wanted, listed, named))
        except WidgetError as error:
            raise AwsError("ValidationError", str(error)) from error
        image = await asyncio.to_thread(_image, wanted, series, is_whole=results.is_all, form=form)
        return {"MetricWidgetImage": image}

    return {"GetMetricWidgetImage": get_metric_widget_image}


def _checked(caller: Caller, params: Params) -> tuple[Widget, list[Query], Plan]:
    text = params.get("MetricWidget")
    if not text:
        raise AwsError("ValidationError", "The parameter MetricWidget is required.")
    try:
        wanted = widget(text, caller.now)
        asked = [_query(caller.scope, entry) for entry in wanted.entries]
        return wanted, asked, planned(asked)
    except (WidgetError, ExpressionError) as error:
        raise AwsError("ValidationError", str(error)) from error


def _query(scope: Scope, entry: Entry) -> Query:
    if entry.metric is None:
        return Query(
            entry.id, entry.label, entry.is_visible, expression=entry.expression, period=entry.period
        )
    statistic = parse(entry.statistic)
    assert statistic is not None
    series = Series.of(scope, entry.metric.namespace, entry.metric.name, dict(entry.metric.dimensions))
    return Query(entry.id, entry.label, entry.is_visible, metric=MetricStat(series, entry.period, statistic))


def _series(source: Source, wanted: Widget, listed: list[Item], named: Labels) -> list[Drawn]:
    """Raises WidgetError."""
    entries = {entry.id: entry for entry in wanted.entries}
    found: list[Drawn] = []
    left = MOST_POINTS - sum(len(item.series.times) for item in listed if item.series is not None)
    _check_room(left)
    for place, item in enumerate(listed):
        entry, points = entries[item.query.id], points_of(source, item)
        if item.series is None:
            left -= len(points.points)
            _check_room(left)
        period = entry.period if item.series is None else item.series.period
        color = entry.color or palette.color(place)
        found.append(Drawn(named.of(item, points), color, points.points, period, entry.is_right))
    return found


def _check_room(left: int) -> None:
    if left < 0:
        raise WidgetError(
            f"The graph has more than {MOST_POINTS} datapoints: choose a longer period or a shorter time range."
        )


def _image(wanted: Widget, several: list[Drawn], *, is_whole: bool, form: str) -> bytes:
    svg = picture(wanted, several, is_whole=is_whole)
    return svg.encode() if "svg" in form else png(svg)
