"""When deliveries are tried again: the phases and functions of SNS's delivery policies."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.sns import retry_policy
from mailgauge.sns.retry_policy import OF_MAIL, OF_QUEUES, RetryPolicy


def pauses(policy: RetryPolicy) -> list[float]:
    found: list[float] = []
    while (pause := policy.pause(len(found) + 1)) is not None:
        found.append(round(pause, 3))
    return found


def test_without_a_policy_there_are_three_retries_twenty_seconds_apart() -> None:
    assert pauses(retry_policy.effective(None, None).retries) == [20, 20, 20]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("linear", [1, 5.75, 10.5, 15.25, 20]),
        ("arithmetic", [1, 3.969, 8.125, 13.469, 20]),
        ("geometric", [1, 2.115, 4.472, 9.457, 20]),
        ("exponential", [1, 2.267, 4.8, 9.867, 20]),
    ],
)
def test_delays_grow_from_the_shortest_to_the_longest_by_the_function(
    function: str, expected: list[float]
) -> None:
    assert pauses(RetryPolicy(1, 20, 5, backoff_function=function)) == expected


def test_the_phases_follow_each_other() -> None:
    policy = RetryPolicy(2, 8, 11, num_no_delay=3, num_min_delay=2, num_max_delay=2)
    assert pauses(policy) == [0, 0, 0, 2, 2, 2, 4, 6, 8, 8, 8]


def test_queues_and_mail_are_tried_as_often_and_as_long_as_the_guide_says() -> None:
    of_mail = pauses(OF_MAIL)
    assert of_mail[:2] == [10, 10]
    assert of_mail[2] == 10
    assert of_mail[11:] == [600] * 39
    assert len(of_mail) == 50
    assert [OF_QUEUES.pause(failed) for failed in (1, 3, 4, 5, 6, 15, 100_015, 100_016)] == [
        *(0, 0, 1, 1, 1, 20, 20),
        None,
    ]


def healthy(minimum: int, retries: int) -> dict[str, object]:
    return {"minDelayTarget": minimum, "maxDelayTarget": minimum, "numRetries": retries}


def test_a_subscription_overrides_its_topic_unless_the_topic_forbids_it() -> None:
    topic = {"http": {"defaultHealthyRetryPolicy": healthy(5, 2), "disableSubscriptionOverrides": False}}
    own = {
        "healthyRetryPolicy": healthy(7, 1),
        "throttlePolicy": {"maxReceivesPerSecond": 3},
        "requestPolicy": {"headerContentType": "application/json"},
    }
    found = retry_policy.effective(json.dumps(topic), json.dumps(own))
    assert (pauses(found.retries), found.per_second, found.content_type) == ([7], 3, "application/json")
    topic["http"]["disableSubscriptionOverrides"] = True
    found = retry_policy.effective(json.dumps(topic), json.dumps(own))
    assert (pauses(found.retries), found.per_second, found.content_type) == (
        [5, 5],
        None,
        "text/plain; charset=UTF-8",
    )


@given(
    st.integers(1, 3600), st.integers(0, 3600), st.integers(0, 100), st.tuples(*[st.integers(0, 40)] * 3),
    st.sampled_from(["linear", "arithmetic", "geometric", "exponential"]),
)  # fmt: skip
def test_delays_never_shrink_nor_leave_their_bounds(
    shortest: int, more: int, retries: int, phases: tuple[int, int, int], function: str
) -> None:
    policy = RetryPolicy(shortest, shortest + more, max(retries, sum(phases)), *phases, function)
    found = pauses(policy)
    assert len(found) == policy.num_retries
    assert found == sorted(found)
    assert all(each == 0 or shortest - 0.001 <= each <= shortest + more + 0.001 for each in found)
