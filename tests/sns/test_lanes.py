"""How much goes to one place at once: it is pure, so its time is a number."""

import heapq

import pytest

from mailgauge.sns.lanes import AT_ONCE, FAR, Lanes


def test_a_place_gets_so_many_at_once_and_others_are_not_held_up() -> None:
    lanes = Lanes(at_once=2)
    assert [lanes.take("slow", "a", None, 0.0) for _ in range(2)] == [None, None]
    assert lanes.take("slow", "a", None, 0.0) is not None
    assert lanes.take("quick", "b", None, 0.0) is None


def test_those_without_room_come_again_one_after_the_other_as_the_place_is_slow() -> None:
    lanes = Lanes(at_once=2)
    lanes.take("slow", "a", None, 0.0)
    for _ in range(100):
        lanes.take("slow", "a", None, 0.0)
        lanes.end("slow", 8.0, 99.0)
    lanes.take("slow", "a", None, 0.0)
    times = [lanes.take("slow", "a", None, 100.0) or 0.0 for _ in range(5)]
    assert times == pytest.approx([104, 108, 112, 116, 120], abs=0.1)
    more = [lanes.take("slow", "a", None, 100.0) or 0.0 for _ in range(2000)]
    assert more == sorted(more)
    assert max(more) == 100 + FAR


def drained(lanes: Lanes, rows: int, seconds: float, per_second: float | None) -> tuple[float, int]:
    """How long it takes until all rows were delivered, each in so many seconds, and how often one was looked at."""
    due = [(0.0, "row")] * rows
    looks, left, now = 0, rows, 0.0
    while left:
        now, what = heapq.heappop(due)
        if what == "end":
            lanes.end("place", seconds, now)
            left -= 1
            continue
        looks += 1
        when = lanes.take("place", "a", per_second, now)
        heapq.heappush(due, (now + seconds, "end") if when is None else (when, "row"))
    return now, looks


@pytest.mark.parametrize("rows", [100, 5000])
@pytest.mark.parametrize("seconds", [0.05, 15.0])
def test_a_place_is_kept_busy_until_all_are_delivered_and_rows_are_not_looked_at_for_ever(
    rows: int, seconds: float
) -> None:
    took, looks = drained(Lanes(), rows, seconds, None)
    at_best = rows * seconds / AT_ONCE
    assert at_best <= took <= 2.2 * at_best + 2 * seconds + 1
    assert looks < 25 * rows


@pytest.mark.parametrize(("rows", "per_second"), [(100, 1), (3000, 1), (5000, 50)])
def test_a_throttled_subscription_receives_as_much_as_it_may(rows: int, per_second: float) -> None:
    took, looks = drained(Lanes(), rows, 0.05, per_second)
    at_best = rows / per_second
    assert 0.98 * at_best - 1 <= took <= 1.2 * at_best + 1
    assert looks < 25 * rows


def test_room_is_there_again_when_one_ends() -> None:
    lanes = Lanes(at_once=1)
    assert lanes.take("place", "a", None, 0.0) is None
    lanes.end("place", 0.1, 0.1)
    assert lanes.take("place", "a", None, 0.0) is None


def test_a_throttled_subscription_receives_at_equal_distances() -> None:
    lanes = Lanes()
    assert lanes.take("place", "a", 4, 10.0) is None
    assert [lanes.take("place", "a", 4, 10.0) for _ in range(3)] == [10.25, 10.5, 10.75]
    assert lanes.take("place", "b", None, 10.0) is None
    assert lanes.take("place", "a", 4, 10.25) is None
