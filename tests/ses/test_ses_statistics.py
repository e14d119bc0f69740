"""GetSendStatistics: quarter hours with activity, of two weeks, from the account's own metrics."""

from datetime import UTC, datetime

from mailgauge.base.scope import Scope
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.series import Series
from mailgauge.tsdb.statset import StatSet
from tests.ses.control_client import NOW, Client

QUARTER = int(NOW) // 900 * 900
WEEK = 7 * 24 * 3600


async def publish(metrics: SqliteStore, scope: Scope, *samples: tuple[str, int, float]) -> None:
    deltas = [
        Delta(Series.of(scope, "AWS/SES", name), "Count", time, StatSet.of(value))
        for name, time, value in samples
    ]
    await metrics.write(lambda tx: RowEngine().apply(tx, deltas, NOW))


async def test_only_quarter_hours_with_activity_are_reported(
    client: Client, metrics: SqliteStore, here: Scope
) -> None:
    await publish(
        metrics,
        here,
        ("Send", QUARTER - 1800, 3),
        ("Send", QUARTER - 1800 + 899, 2),
        ("Bounce", QUARTER - 1800 + 400, 1),
        ("Complaint", QUARTER, 1),
        ("Reject", QUARTER + 60, 2),
        ("Delivery", QUARTER - 900, 5),
    )
    assert await client.v1("GetSendStatistics") == {
        "SendDataPoints": [
            {
                "Timestamp": datetime.fromtimestamp(QUARTER - 1800, UTC),
                "DeliveryAttempts": 5,
                "Bounces": 1,
                "Complaints": 0,
                "Rejects": 0,
            },
            {
                "Timestamp": datetime.fromtimestamp(QUARTER, UTC),
                "DeliveryAttempts": 0,
                "Bounces": 0,
                "Complaints": 1,
                "Rejects": 2,
            },
        ]
    }


async def test_statistics_end_after_two_weeks(client: Client, metrics: SqliteStore, here: Scope) -> None:
    await publish(metrics, here, ("Send", QUARTER - 2 * WEEK + 900, 1), ("Send", QUARTER - 2 * WEEK - 900, 1))
    assert len((await client.v1("GetSendStatistics"))["SendDataPoints"]) == 1


async def test_metrics_with_dimensions_and_other_regions_do_not_count(
    client: Client, metrics: SqliteStore, here: Scope, elsewhere: Scope
) -> None:
    await publish(metrics, elsewhere, ("Send", QUARTER, 1))
    fine = Series.of(here, "AWS/SES", "Send", {"campaign": "spring"})
    await metrics.write(lambda tx: RowEngine().apply(tx, [Delta(fine, "Count", QUARTER, StatSet.of(1))], NOW))
    assert await client.v1("GetSendStatistics") == {"SendDataPoints": []}
