"""The catalogue answers listings by namespace, name and dimensions, in a stable order, page by page."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from mailgauge.base.scope import Scope
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb.catalogue import REFRESH, UnknownPositionError
from mailgauge.tsdb.engine import Delta, DimensionFilter
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.schema import SCHEMA
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

SCOPE = Scope("000000000000", "us-east-1")
OTHER = Scope("111111111111", "us-east-1")
NOW = 1_750_003_200
ALL = [
    Series.of(scope, namespace, name, dimensions)
    for scope in (SCOPE, OTHER)
    for namespace in ("AWS/SES", "Shop")
    for name in ("Bounce", "Send")
    for dimensions in ({}, {"campaign": "a"}, {"campaign": "b"}, {"campaign": "a", "list": "x"})
]
OURS = [series for series in ALL if series.scope == SCOPE]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore.open(tmp_path / "metrics.db", [SCHEMA])
    await note(store, ALL)
    yield store
    store.close()


async def note(
    store: SqliteStore, series: list[Series], now: int = NOW, engine: RowEngine | None = None
) -> None:
    deltas = [Delta(each, "Count", now, StatSet.of(1)) for each in series]
    await store.write(lambda tx: (engine or RowEngine()).apply(tx, deltas, now))


def listed(
    store: SqliteStore,
    *,
    namespace: str | None = None,
    name: str | None = None,
    filters: Sequence[DimensionFilter] = (),
    active_since: int = 0,
    after: bytes = b"",
    limit: int = 500,
) -> list[Series]:
    return store.read_now(
        lambda tx: RowEngine().list_series(
            tx,
            SCOPE,
            namespace=namespace,
            name=name,
            filters=filters,
            active_since=active_since,
            after=after,
            limit=limit,
        )
    )


CAMPAIGN_A = DimensionFilter("campaign", "a")
CAMPAIGN = DimensionFilter("campaign")
LIST = DimensionFilter("list")


@pytest.mark.parametrize(
    ("namespace", "name", "filters"),
    [
        (None, None, []),
        ("Shop", None, []),
        (None, "Send", []),
        ("AWS/SES", "Send", []),
        (None, None, [CAMPAIGN]),
        ("Shop", None, [CAMPAIGN_A]),
        ("Shop", "Bounce", [LIST, CAMPAIGN_A]),
        (None, "Send", [CAMPAIGN, LIST]),
        ("Nowhere", None, []),
        (None, None, [DimensionFilter("campaign", "c")]),
        (None, None, [DimensionFilter("campaigna")]),
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 500])
async def test_pages_of_a_listing_hold_each_matching_series_once_in_order(
    store: SqliteStore, namespace: str | None, name: str | None, filters: list[DimensionFilter], limit: int
) -> None:
    def matches(series: Series) -> bool:
        own = dict(series.dimensions)
        return (
            namespace in {None, series.namespace}
            and name in {None, series.name}
            and all(f.name in own and f.value in {None, own[f.name]} for f in filters)
        )

    expected = sorted(filter(matches, OURS), key=lambda s: (s.namespace, s.name, s.id))
    found: list[Series] = []
    while page := listed(
        store,
        namespace=namespace,
        name=name,
        filters=filters,
        limit=limit,
        after=found[-1].id if found else b"",
    ):
        assert len(page) <= limit
        found += page
    assert found == expected


async def test_series_without_recent_samples_are_left_out(store: SqliteStore) -> None:
    await note(store, OURS[:2], now=NOW + 10_000)
    assert set(listed(store, active_since=NOW + 5_000)) == set(OURS[:2])


async def test_the_last_activity_of_a_busy_series_is_written_now_and_then(store: SqliteStore) -> None:
    engine = RowEngine()
    await note(store, OURS[:1], now=NOW, engine=engine)
    await note(store, OURS[:1], now=NOW + REFRESH - 1, engine=engine)
    assert listed(store, active_since=NOW + 1) == []
    await note(store, OURS[:1], now=NOW + REFRESH, engine=engine)
    assert listed(store, active_since=NOW + 1) == OURS[:1]


async def test_an_old_sample_received_now_counts_as_activity(store: SqliteStore) -> None:
    late = Series.of(SCOPE, "Shop", "Late")
    delta = Delta(late, "Count", NOW - 7 * 86400, StatSet.of(1))
    await store.write(lambda tx: RowEngine().apply(tx, [delta], NOW))
    assert listed(store, name="Late", active_since=NOW) == [late]


async def test_a_listing_cannot_go_on_behind_a_series_that_there_is_not(store: SqliteStore) -> None:
    with pytest.raises(UnknownPositionError):
        listed(store, after=b"x" * 16)


@pytest.mark.parametrize("filters", [[], [CAMPAIGN], [CAMPAIGN_A], [CAMPAIGN_A, LIST]])
async def test_no_listing_scans_or_sorts(store: SqliteStore, filters: list[DimensionFilter]) -> None:
    from mailgauge.tsdb.catalogue import _listing, _term

    terms = [_term(SCOPE, "Shop", f.name, f.value) for f in filters]
    sql, params = _listing(SCOPE, "Shop", None, terms, ("", b""))
    plan = store.read_now(
        lambda tx: [row[3] for row in tx.run(f"EXPLAIN QUERY PLAN {sql}", (*params, 0, 10))]
    )
    assert not [step for step in plan if "SCAN" in step.split("(")[0] or "TEMP B-TREE" in step], plan
