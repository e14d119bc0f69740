"""How much goes to one place at once: it is pure, so its time is a number."""

from mailgauge.sns.lanes import LATEST, Lanes


def test_a_place_gets_so_many_at_once_and_others_are_not_held_up() -> None:
    lanes = Lanes(at_once=2)
    assert [lanes.take("slow", "a", None, 0.0) for _ in range(2)] == [None, None]
    assert lanes.take("slow", "a", None, 0.0) is not None
    assert lanes.take("quick", "b", None, 0.0) is None


def test_those_without_room_come_again_one_after_the_other_as_the_place_is_slow() -> None:
    lanes = Lanes(at_once=1)
    lanes.take("slow", "a", None, 0.0)
    for _ in range(100):
        lanes.end("slow", 8.0)
        lanes.take("slow", "a", None, 0.0)
        lanes.take("slow", "b", None, 0.0)
    times = [lanes.take("slow", "a", None, 100.0) or 0.0 for _ in range(1000)]
    assert times == sorted(times)
    assert max(times) == 100 + LATEST


def test_room_is_there_again_when_one_ends() -> None:
    lanes = Lanes(at_once=1)
    assert lanes.take("place", "a", None, 0.0) is None
    lanes.end("place", 0.1)
    assert lanes.take("place", "a", None, 0.0) is None


def test_a_throttled_subscription_receives_at_equal_distances() -> None:
    lanes = Lanes()
    assert lanes.take("place", "a", 4, 10.0) is None
    assert [lanes.take("place", "a", 4, 10.0) for _ in range(3)] == [10.25, 10.5, 10.75]
    assert lanes.take("place", "b", None, 10.0) is None
    assert lanes.take("place", "a", 4, 10.25) is None
