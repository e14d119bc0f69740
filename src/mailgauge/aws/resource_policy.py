"""Policies that resources carry, decided on a request: who may do what with this (IAM's policy language). Pure.

An explicit Deny wins; what no statement allows is not allowed. Which policies are taken is each service's own rule.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mailgauge.aws import policy_conditions
from mailgauge.aws.policy_conditions import PolicyError, Values, like, texts

_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?")


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to do what with which resource. ``keys`` are the condition keys, in lower case.

    ``service`` asks instead of an account where it isn't empty (``sns.amazonaws.com``).
    """

    account: str
    arn: str
    action: str
    resource: str
    keys: Mapping[str, Values] = field(default_factory=dict)
    service: str = ""


def allows(text: str | None, request: Request) -> bool:
    """What a policy says; one that can't be read, or isn't there, allows nothing."""
    try:
        policy = msgspec.json.decode(text or "{}")
        statements = policy.get("Statement", [])
        found: list[Any] = statements if isinstance(statements, list) else [statements]
        effects = {each["Effect"] for each in found if applies(each, request)}
    except (
        msgspec.DecodeError,
        UnicodeError,
        RecursionError,
        PolicyError,
        AttributeError,
        KeyError,
        TypeError,
    ):
        return False
    return "Allow" in effects and "Deny" not in effects


def applies(statement: Mapping[str, Any], request: Request) -> bool:
    """Raises PolicyError for one that can't be decided, and KeyError where something is missing."""
    return (
        _names(statement, "Principal", lambda given: _is_any(given, request))
        and _names(
            statement,
            "Action",
            lambda given: any(like(each.lower(), request.action.lower()) for each in texts(given)),
        )
        and _names(
            statement, "Resource", lambda given: any(like(each, request.resource) for each in texts(given))
        )
        and policy_conditions.met(statement.get("Condition", {}), request.keys)
    )


def _names(statement: Mapping[str, Any], member: str, among: Any) -> bool:
    """``NotAction`` and its kind are all but what they name."""
    if f"Not{member}" in statement:
        return not among(statement[f"Not{member}"])
    return bool(among(statement[member]))


def _is_any(given: object, request: Request) -> bool:
    if not isinstance(given, dict):
        return given == "*"
    if request.service:
        return given.get("AWS") == "*" or request.service in texts(given.get("Service") or "")
    return "AWS" in given and any(_is(principal, request) for principal in texts(given["AWS"]))


def _is(principal: str, request: Request) -> bool:
    """An account stands for everybody in it."""
    account = _ACCOUNT.fullmatch(principal)
    return principal in {"*", request.arn} or (account is not None and account[1] == request.account)
