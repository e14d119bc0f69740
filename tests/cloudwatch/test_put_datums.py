"""Datums keep everything on their way through the journal."""

from pathlib import Path
from typing import Any

import orjson

from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.datums import Datum, StatisticValues, deltas_of_datums, details
from mailgauge.cloudwatch.ingest import journal_append
from mailgauge.events import journal
from mailgauge.events.kinds import Kind
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

SCOPE = Scope("000000000000", "us-east-1")


def through(detail: dict[str, Any]) -> list[Delta]:
    return deltas_of_datums(SCOPE, orjson.loads(orjson.dumps(detail)))


def test_a_datum_becomes_the_samples_that_were_put() -> None:
    datums = [
        Datum("Orders", (("shop", "a"),), 1000, "Count", 1, ((1.5, 1),)),
        Datum("Orders", (), 1001, "None", 60, ((1, 2), (10, 4))),
        Datum("Orders", (), 1002, "Seconds", 60, StatisticValues(10, 55, 1, 10)),
    ]
    [detail] = details("Shop", datums)
    assert through(detail) == [
        Delta(Series.of(SCOPE, "Shop", "Orders", {"shop": "a"}), "Count", 1000, StatSet.of(1.5), 1),
        Delta(Series.of(SCOPE, "Shop", "Orders"), "None", 1001, StatSet.of_values([1, 10], [2, 4])),
        Delta(Series.of(SCOPE, "Shop", "Orders"), "Seconds", 1002, StatSet.of_statistics(10, 55, 1, 10)),
    ]


def test_the_largest_and_smallest_values_survive() -> None:
    values = (2.0**360, -(2.0**360), 5e-324, 0.1 + 0.2)
    [detail] = details("Shop", [Datum("Orders", (), 1, "None", 60, tuple((v, 1) for v in values))])
    [delta] = through(detail)
    assert delta.stats == StatSet.of_values(list(values))


def test_many_datums_are_several_entries_of_moderate_size() -> None:
    datums = [Datum(f"m{n}", (), n, "None", 60, tuple((v, 1.5) for v in range(150))) for n in range(200)]
    parts = list(details("Shop", datums))
    assert len(parts) > 1
    assert max(len(orjson.dumps(part)) for part in parts) < 200_000
    assert [delta.series.name for part in parts for delta in through(part)] == [
        datum.name for datum in datums
    ]


async def test_entries_are_durable_when_the_append_returns(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "mail.db", [journal.SCHEMA])
    append = journal_append(store, ManualClock(1234.5))
    [detail] = details("Shop", [Datum("Orders", (), 1000, "None", 60, ((1, 1),))])
    await append(SCOPE, [detail, detail])
    entries = store.read_now(lambda tx: journal.read(tx, 0, 10))
    assert [(e.kind, e.scope, e.time, e.weight) for e in entries] == [
        (Kind.METRIC_DATA, SCOPE, 1_234_500, 1)
    ] * 2
    assert entries[0].detail == detail
    store.close()
