"""The reputation metrics as a client sees them."""

from datetime import UTC, datetime, timedelta

from tests.scenarios.service import Service, wait_until

EVERY = 300


def rate_after_a_step(service: Service, metric: str) -> float:
    """What the next publication says; it comes at once, since the service's clock is stepped past it."""
    service.step(EVERY)
    mark = service.get("/_mailgauge/clock")["now"] // EVERY * EVERY
    start = datetime.fromtimestamp(mark, UTC)
    points = wait_until(
        lambda: service.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SES",
            MetricName=metric,
            StartTime=start,
            EndTime=start + timedelta(hours=1),
            Period=60,
            Statistics=["Maximum"],
            Unit="Percent",
        )["Datapoints"]
    )
    rate: float = min(points, key=lambda each: each["Timestamp"])["Maximum"]
    return rate
