"""Calendar values of every time in the range, also where the series has no point, in UTC.

``ask`` begins on Sunday 2025-06-15 at 15:07; other days are those that a calendar shows.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from mailgauge.cloudwatch.math.evaluate import evaluate
from mailgauge.cloudwatch.math.ground import Budget, Ground
from mailgauge.cloudwatch.math.syntax import parse
from mailgauge.cloudwatch.math.values import TimeSeries, series
from tests.cloudwatch.math.ask import START, ask
from tests.cloudwatch.math.cases import _, same

SPARSE = [_, 3, _, _, 1]
EMPTY = [_, _, _, _, _]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MINUTE(m)", [7, 8, 9, 10, 11]),
        ("HOUR(m)", [15] * 5),
        ("DAY(m)", [7] * 5),
        ("DATE(m)", [15] * 5),
        ("MONTH(m)", [6] * 5),
        ("YEAR(m)", [2025] * 5),
        ("EPOCH(m)", [START, START + 60, START + 120, START + 180, START + 240]),
        ("HOUR(none)", [15] * 5),
        ("MINUTE(none)", [7, 8, 9, 10, 11]),
        ("MINUTE(TIME_SERIES(0))", [7, 8, 9, 10, 11]),
        ("MINUTE(m) - 7", [0, 1, 2, 3, 4]),
        ("DIFF(EPOCH(m))", [_, 60, 60, 60, 60]),
        ("IF(MINUTE(m) >= 9, 1, 0)", [0, 0, 1, 1, 1]),
        ("IF(MINUTE(m) > 7, m)", [_, 3, 0, 0, 1]),
        ("IF(DAY(m) > 5, 0, m)", [0] * 5),
        ("IF(DAY(m) < 6, m)", EMPTY),
        ("IF(HOUR(m) == 15 AND MINUTE(m) < 10, 1)", [1, 1, 1, _, _]),
        ("m * HOUR(m)", [0, 45, 0, 0, 15]),
        ("MAX(YEAR(m))", 2025),
    ],
)
def test_calendar_values_have_no_gaps(expression: str, expected: Any) -> None:
    same(ask(expression, m=SPARSE, none=EMPTY), expected)


def of_times(expression: str, *moments: str) -> list[float]:
    """Over a range of exactly these moments."""
    times = np.array([int(datetime.fromisoformat(each).replace(tzinfo=UTC).timestamp()) for each in moments])
    metric = series([int(times[0])], [1.0], 60)
    ground = Ground(lambda _: times, {"m": metric}, ["m"], {}, 60, Budget())
    found = evaluate(parse(expression), ground)
    assert isinstance(found, TimeSeries)
    return [float(each) for each in found.values]


WEEK = [f"2026-11-{day}T00:00" for day in (23, 24, 25, 26, 27, 28, 29)]


@pytest.mark.parametrize(
    ("expression", "moments", "expected"),
    [
        ("DAY(m)", WEEK, [1, 2, 3, 4, 5, 6, 7]),
        ("DATE(m)", WEEK, [23, 24, 25, 26, 27, 28, 29]),
        ("DAY(m)", ["2024-02-29T12:00", "2024-03-01T12:00"], [4, 5]),
        ("DATE(m)", ["2024-02-28T23:59", "2024-02-29T00:00", "2024-03-01T00:00"], [28, 29, 1]),
        ("MONTH(m)", ["2024-02-29T23:59", "2024-03-01T00:00"], [2, 3]),
        ("MONTH(m)", ["2025-01-31T00:00", "2025-12-31T23:59"], [1, 12]),
        ("YEAR(m)", ["2025-12-31T23:59", "2026-01-01T00:00"], [2025, 2026]),
        ("DATE(m)", ["2025-12-31T23:59", "2026-01-01T00:00"], [31, 1]),
        ("HOUR(m)", ["2026-01-01T00:00", "2026-01-01T00:59", "2026-01-01T12:00", "2026-01-01T23:59"], [0, 0, 12, 23]),
        ("MINUTE(m)", ["2026-01-01T00:00", "2026-01-01T00:59", "2026-01-01T01:00"], [0, 59, 0]),
        # Where clocks of Europe and of the United States are set, UTC goes on.
        ("HOUR(m)", ["2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00"], [0, 1, 2]),
        ("HOUR(m)", ["2026-11-01T05:00", "2026-11-01T06:00", "2026-11-01T07:00"], [5, 6, 7]),
        ("EPOCH(m)", ["1970-01-01T00:00", "2001-09-09T01:46:40"], [0, 1_000_000_000]),
        ("DAY(m)", ["1970-01-01T00:00", "2000-01-01T00:00"], [4, 6]),
    ],
)  # fmt: skip
def test_calendar_values_of_known_days(expression: str, moments: list[str], expected: list[float]) -> None:
    assert of_times(expression, *moments) == expected
