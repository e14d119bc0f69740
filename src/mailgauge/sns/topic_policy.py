"""The access policy of a topic, which lets others in: the default, what may be set, single permissions. Pure.

Source: the SNS developer guide, "Access policy language". What a policy says to a request is decided in ``aws.resource_policy``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

ACTIONS: Final = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
    "Receive",
)
_DEFAULT_ACTIONS: Final = ACTIONS[:-1]
_OTHERS: Final = (
    "GetDataProtectionPolicy",
    "PutDataProtectionPolicy",
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
)
_ALLOWED_ACTIONS: Final = frozenset(f"sns:{each.lower()}" for each in (*ACTIONS, *_OTHERS))
MOST_BYTES: Final = 30_720


class PolicyError(Exception):
    """The text is what stands behind ``Invalid parameter: ``."""


def default(arn: str, owner: str) -> str:
    """What a topic has until another is set."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{each}" for each in _DEFAULT_ACTIONS],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
    }
    return _text({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


def check(text: str) -> None:
    """Raises PolicyError."""
    policy = _parsed(text)
    for statement in _statements(policy):
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise PolicyError("Policy Error: null")
        if "Principal" not in statement or "Action" not in statement:
            raise PolicyError("Policy Error: null")
        for action in _texts(statement["Action"]):
            if action.lower() not in _ALLOWED_ACTIONS:
                raise PolicyError("Policy statement action out of service scope!")


def with_permission(text: str, arn: str, label: str, accounts: Iterable[str], actions: Iterable[str]) -> str:
    """``sns/AddPermission``. Raises PolicyError."""
    policy = _parsed(text)
    statements = _statements(policy)
    if any(each.get("Sid") == label for each in statements):
        raise PolicyError("Statement already exists")
    if any(each not in ACTIONS for each in actions):
        raise PolicyError("Policy statement action out of service scope!")
    partition = arn.split(":")[1]
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_more(f"arn:{partition}:iam::{each}:root" for each in accounts)},
        "Action": _one_or_more(f"SNS:{each}" for each in actions),
        "Resource": arn,
    }
    return _text({**policy, "Statement": [*statements, statement]})


def without_permission(text: str, label: str) -> str:
    """``sns/RemovePermission``; a label that is not there is no error."""
    policy = _parsed(text)
    return _text({**policy, "Statement": [each for each in _statements(policy) if each.get("Sid") != label]})


def _parsed(text: str) -> dict[str, Any]:
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise PolicyError("Policy is too long")
    try:
        policy = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise PolicyError("Policy failed to parse JSON.") from None
    if not isinstance(policy, dict):
        raise PolicyError("Policy Error: null")
    return policy


def _statements(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = policy.get("Statement")
    found: list[Any] = given if isinstance(given, list) else [given]
    if not all(isinstance(each, dict) for each in found):
        raise PolicyError("Policy Error: null")
    return found


def _texts(given: Any) -> list[str]:
    return [str(each) for each in given] if isinstance(given, list) else [str(given)]


def _one_or_more(some: Iterable[str]) -> str | list[str]:
    found = list(some)
    return found[0] if len(found) == 1 else found


def _text(policy: Mapping[str, Any]) -> str:
    return msgspec.json.encode(policy).decode()
