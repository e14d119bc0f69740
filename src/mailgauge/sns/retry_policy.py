"""When a delivery is tried again (the SNS developer guide, "Message delivery retries"): four phases, then it is given up. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailgauge.sns import delivery_policy

CONTENT_TYPE: Final = "text/plain; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``num_retries`` are those of all phases: at once, ``min_delay`` apart, growing, ``max_delay`` apart. Delays in seconds."""

    min_delay: float = 20
    max_delay: float = 20
    num_retries: int = 3
    num_no_delay: int = 0
    num_min_delay: int = 0
    num_max_delay: int = 0
    backoff_function: str = "linear"

    def pause(self, failed: int) -> float | None:
        """Seconds from the ``failed``-th failure to the next attempt, or None when it was the last."""
        number = failed  # of the retry that is next
        if number > self.num_retries:
            return None
        if number <= self.num_no_delay:
            return 0.0
        number -= self.num_no_delay
        if number <= self.num_min_delay:
            return self.min_delay
        number -= self.num_min_delay
        steps = self.num_retries - self.num_no_delay - self.num_min_delay - self.num_max_delay
        return self._backoff(number, steps) if number <= steps else self.max_delay

    def _backoff(self, number: int, steps: int) -> float:
        """The ``number``-th of ``steps`` delays that lead from the shortest to the longest."""
        way = (number - 1) / (steps - 1) if steps > 1 else 0.0
        if self.backoff_function == "geometric" and self.min_delay > 0:
            return float(self.min_delay * (self.max_delay / self.min_delay) ** way)
        if self.backoff_function == "exponential" and steps > 1:
            # In floating point: it has room for the powers of a hundred retries and of many more.
            way = (2.0 ** min(number - 1, 1000) - 1) / (2.0 ** min(steps - 1, 1000) - 1)
        elif self.backoff_function == "arithmetic":  # each step is longer than the one before by the same
            way = way * (way + 1) / 2
        return self.min_delay + (self.max_delay - self.min_delay) * way


OF_QUEUES: Final = RetryPolicy(1, 20, 100_015, 3, 2, 100_000, "exponential")
"""What the guide gives for endpoints inside the service."""
OF_MAIL: Final = RetryPolicy(10, 600, 50, 0, 2, 38, "exponential")


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """What is in force for a subscription by HTTP. ``per_second`` None is no limit."""

    retries: RetryPolicy = RetryPolicy()
    per_second: float | None = None
    content_type: str = CONTENT_TYPE


def effective(topic: str | None, subscription: str | None) -> DeliveryPolicy:
    """Of the topic's ``DeliveryPolicy`` and the subscription's, which were checked as they were set."""
    found = delivery_policy.effective_of_subscription(subscription, topic)
    throttle, request = found["throttlePolicy"] or {}, found["requestPolicy"] or {}
    return DeliveryPolicy(
        _retries(found["healthyRetryPolicy"]),
        throttle.get("maxReceivesPerSecond"),
        request.get("headerContentType") or CONTENT_TYPE,
    )


def _retries(given: Mapping[str, Any]) -> RetryPolicy:
    names = {
        "minDelayTarget": "min_delay",
        "maxDelayTarget": "max_delay",
        "numRetries": "num_retries",
        "numNoDelayRetries": "num_no_delay",
        "numMinDelayRetries": "num_min_delay",
        "numMaxDelayRetries": "num_max_delay",
        "backoffFunction": "backoff_function",
    }
    return RetryPolicy(**{ours: given[name] for name, ours in names.items() if given.get(name) is not None})
