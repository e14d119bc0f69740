"""How often deliveries by HTTP are tried (SNS developer guide, "Creating an HTTP/S delivery policy"): checked, and in force. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

RETRY: Final[Mapping[str, Any]] = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
"""What holds where nothing is set."""

_LIMITS: Final = {
    "minDelayTarget": (1, 3600),
    "maxDelayTarget": (1, 3600),
    "numRetries": (0, 100),
    "numNoDelayRetries": (0, 100),
    "numMinDelayRetries": (0, 100),
    "numMaxDelayRetries": (0, 100),
}
_BACKOFFS: Final = ("linear", "arithmetic", "geometric", "exponential")
_CONTENT_TYPE: Final = {"headerContentType": "text/plain; charset=UTF-8"}
# As in RFC 9110, section 8.3.1, its parameters in what a header can carry.
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;[ -~]*)?")
Policy = Mapping[str, Any]


class DeliveryPolicyError(Exception):
    """The text is for the caller, without what stands before it."""


def of_topic(text: str) -> Policy:
    """A topic's. Raises DeliveryPolicyError."""
    policy = _object(_parsed(text), "DeliveryPolicy")
    http = _object(policy.get("http") or {}, "http")
    _check_retry(http.get("defaultHealthyRetryPolicy"))
    _check_throttle(http.get("defaultThrottlePolicy"))
    _check_request(http.get("defaultRequestPolicy"))
    return policy


def of_subscription(text: str) -> Policy:
    """A subscription's. Raises DeliveryPolicyError."""
    policy = _object(_parsed(text), "DeliveryPolicy")
    _check_retry(policy.get("healthyRetryPolicy"))
    _check_throttle(policy.get("throttlePolicy"))
    _check_request(policy.get("requestPolicy"))
    return policy


def shown_of_topic(text: str) -> Policy | None:
    """A topic's own as SNS gives it back; None where it says nothing at all."""
    http = _parsed(text).get("http")
    if http is None:
        return None
    return {
        "http": {
            **_present("defaultHealthyRetryPolicy", http.get("defaultHealthyRetryPolicy")),
            "disableSubscriptionOverrides": http.get("disableSubscriptionOverrides") or False,
            **_present("defaultThrottlePolicy", http.get("defaultThrottlePolicy")),
            **_present("defaultRequestPolicy", http.get("defaultRequestPolicy")),
        }
    }


def shown_of_subscription(text: str) -> Policy:
    """A subscription's own as SNS gives it back, with the names of all its parts."""
    own = _parsed(text)
    return {
        "healthyRetryPolicy": own.get("healthyRetryPolicy"),
        "sicklyRetryPolicy": None,
        "throttlePolicy": own.get("throttlePolicy"),
        "requestPolicy": own.get("requestPolicy"),
        "guaranteed": False,
    }


def effective_of_topic(text: str | None) -> Policy:
    """What holds for the topic: its own policy over the defaults."""
    http = (_parsed(text).get("http") if text else None) or {}
    return {
        "http": {
            "defaultHealthyRetryPolicy": _retry(http.get("defaultHealthyRetryPolicy")),
            "disableSubscriptionOverrides": http.get("disableSubscriptionOverrides") or False,
            **_present("defaultThrottlePolicy", http.get("defaultThrottlePolicy")),
            "defaultRequestPolicy": http.get("defaultRequestPolicy") or _CONTENT_TYPE,
        }
    }


def effective_of_subscription(text: str | None, topic: str | None) -> Policy:
    """The subscription's own, where the topic lets it have one, over the topic's."""
    http = effective_of_topic(topic)["http"]
    own = _parsed(text) if text and not http["disableSubscriptionOverrides"] else {}
    return {
        "healthyRetryPolicy": _retry(own.get("healthyRetryPolicy") or http["defaultHealthyRetryPolicy"]),
        "sicklyRetryPolicy": None,
        "throttlePolicy": own.get("throttlePolicy") or http.get("defaultThrottlePolicy"),
        "requestPolicy": own.get("requestPolicy") or http["defaultRequestPolicy"],
        "guaranteed": False,
    }


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise DeliveryPolicyError("failed to parse JSON.") from None


def _object(given: Any, name: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise DeliveryPolicyError(f"{name} must be an object")
    return given


def _check_retry(given: Any) -> None:
    if given is None:
        return
    retry = _object(given, "healthyRetryPolicy")
    for name, (low, high) in _LIMITS.items():
        value = retry.get(name)
        if value is not None and not (isinstance(value, int) and low <= value <= high):
            raise DeliveryPolicyError(f"{name} must be between {low} and {high}")
    whole = _retry(retry)
    if whole["maxDelayTarget"] < whole["minDelayTarget"]:
        raise DeliveryPolicyError("maxDelayTarget must be greater than or equal to minDelayTarget")
    phases = ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries")
    if sum(whole[name] for name in phases) > whole["numRetries"]:
        raise DeliveryPolicyError("numRetries must be greater than or equal to the sum of its phases")
    if whole["backoffFunction"] not in _BACKOFFS:
        raise DeliveryPolicyError(f"backoffFunction must be one of {', '.join(_BACKOFFS)}")


def _retry(given: Policy | None) -> Policy:
    return {**RETRY, **{name: value for name, value in (given or {}).items() if value is not None}}


def _check_throttle(given: Any) -> None:
    if given is None:
        return
    most = _object(given, "throttlePolicy").get("maxReceivesPerSecond")
    if most is not None and not (isinstance(most, int) and most >= 1):
        raise DeliveryPolicyError("maxReceivesPerSecond must be greater than or equal to 1")


def _check_request(given: Any) -> None:
    if given is None:
        return
    content_type = _object(given, "requestPolicy").get("headerContentType")
    if content_type is not None and not isinstance(content_type, str):
        raise DeliveryPolicyError("headerContentType must be a string")
    if content_type is not None and not _MEDIA_TYPE.fullmatch(content_type):
        raise DeliveryPolicyError("headerContentType must be a media type")


def _present(name: str, value: Any) -> Policy:
    return {} if value is None else {name: value}
