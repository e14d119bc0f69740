"""A version never changes, and outlives what came after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgauge.base.scope import Scope
from mailgauge.destinations import versions
from mailgauge.destinations.definitions import CloudWatchTarget, Dimension, EventDestination, Source
from mailgauge.events.kinds import Kind
from mailgauge.store.sqlite import SqliteStore

HERE = Scope("000000000000", "us-east-1")
METRICS = EventDestination(
    "metrics",
    True,
    frozenset({Kind.SEND}),
    CloudWatchTarget((Dimension("campaign", Source.MESSAGE_TAG, "none"),)),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "mail.db", [versions.SCHEMA])
    yield opened
    opened.close()


async def test_versions_are_kept_side_by_side(store: SqliteStore) -> None:
    first = await store.write(lambda tx: versions.put(tx, HERE, "news", (), 10.0))
    second = await store.write(lambda tx: versions.put(tx, HERE, "news", [METRICS], 20.5))
    assert second > first
    loaded = await store.read(lambda tx: versions.load(tx, [first, second, second + 1]))
    assert loaded == {
        first: versions.Version(first, HERE, "news", 10_000, ()),
        second: versions.Version(second, HERE, "news", 20_500, (METRICS,)),
    }
