"""The retry schedule, as a table."""

import pytest

from mailgauge.delivery.retry import next_attempt

PAUSES = (60.0, 120.0, 300.0)


@pytest.mark.parametrize(
    ("failed", "now", "expires", "due"),
    [
        (1, 1000.0, 9000.0, 1060.0),  # first pause
        (2, 1000.0, 9000.0, 1120.0),
        (3, 1000.0, 9000.0, 1300.0),
        (9, 1000.0, 9000.0, 1300.0),  # the last pause repeats
        (3, 8900.0, 9000.0, 9000.0),  # 8900 + 300 is past the end: the last attempt is at the end itself
        (4, 9000.0, 9000.0, None),  # that was it
        (4, 9999.0, 9000.0, None),
    ],
)
def test_when_the_next_attempt_is_due(failed: int, now: float, expires: float, due: float | None) -> None:
    assert next_attempt(failed, now, expires, PAUSES) == due
