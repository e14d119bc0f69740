"""What a search finds through the catalogue's index is what a look at every series would find."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.math.ground import Budget
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.search.find import find
from mailgauge.cloudwatch.search.query import parse_search
from mailgauge.cloudwatch.source import Source
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.schema import SCHEMA
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet

SCOPE = Scope("000000000000", "us-east-1")
NOW = 1_750_003_200

VALUES = ["spring", "Spring-2026", "springSale", "SUMMER1", "offers", "--", "a b"]
SERIES = [
    Series.of(SCOPE, namespace, name, dict(dimensions))
    for namespace in ("AWS/SES", "Shop")
    for name in ("Send", "BounceRate")
    for dimensions in [
        (),
        *(((("campaign", value)),) for value in VALUES),
        (("campaign", "spring"), ("genre", "offers")),
        (("Genre2", "spring"),),
    ]
]

_WORDS = st.sampled_from(
    ["spring", "Sale", "springSale", "2026", "Send", "bounce", "BounceRate", "SES", "shop", "genre", "offers", "1", "--",
     '"spring"', '"Send"', '"--"', '"a b"', "campaign=spring", 'campaign="SUMMER1"', 'MetricName="Send"', "MetricName=rate",
     'Namespace="Shop"', "campaign=(spring OR offers)", "Genre2=spring"]
)  # fmt: skip
_TERMS = st.recursive(
    _WORDS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR", ""]), inner).map(" ".join).map("({})".format),
        inner.map("NOT {}".format),
    ),
    max_leaves=5,
)
_SCHEMAS = st.sampled_from(
    ["", "", "{Shop,campaign} ", "{AWS/SES,campaign,genre} ", "{Shop} ", "{Shop,Genre2} "]
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("search") / "metrics.db"


@given(text=st.tuples(_SCHEMAS, _TERMS).map("".join))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@pytest.mark.hypothesis
async def test_the_index_hides_nothing(store: Path, text: str) -> None:
    opened = SqliteStore.open(store, [SCHEMA])
    engine = RowEngine()
    try:
        if not opened.read_now(lambda tx: tx.run("SELECT 1 FROM series LIMIT 1")):
            deltas = [Delta(each, "Count", NOW, StatSet.of(1)) for each in SERIES]
            await opened.write(lambda tx: engine.apply(tx, deltas, NOW))
        query = parse_search(text)
        found = opened.read_now(
            lambda tx: find(Source(tx, engine, SCOPE, Window(NOW - 60, NOW, NOW)), query, Budget())
        )
    finally:
        opened.close()
    assert {each.id for each in found.series} == {each.id for each in SERIES if query.matches(each)}
    assert found.is_all
