"""Sending authorization policies: read, checked, and decided on a request (SES developer guide, "Sending authorization"). Pure.

An explicit Deny wins; what no statement allows is not allowed.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from mailgauge.aws import policy_conditions
from mailgauge.aws.policy_conditions import PolicyError, texts
from mailgauge.aws.resource_policy import Request, applies

MAX_POLICY_BYTES = 4096
_VERSIONS = ("2012-10-17", "2008-10-17")
_POLICY_MEMBERS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_MEMBERS = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})
_ACTION = re.compile(r"\*|ses:[A-Za-z*?]+", re.IGNORECASE)
_PRINCIPAL = re.compile(r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role)/\S+)")


def check(text: str) -> None:
    """Raises PolicyError for a policy that is not one."""
    _statements(text)


def allows(policies: Iterable[str], request: Request) -> bool:
    """What the policies of an identity say, each of which was checked when it was set."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _statements(policy)
        if applies(statement, request)
    }
    return "Allow" in effects and "Deny" not in effects


def _statements(text: str) -> list[dict[str, Any]]:
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise PolicyError(f"A policy can't be longer than {MAX_POLICY_BYTES} bytes.")
    try:
        policy = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise PolicyError("The policy is not JSON.") from None
    if not isinstance(policy, dict):
        raise PolicyError("The policy must be an object.")
    _refuse_others(policy, _POLICY_MEMBERS)
    if policy.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise PolicyError(f"Version must be {' or '.join(_VERSIONS)}.")
    statements: Any = policy.get("Statement")
    found: list[dict[str, Any]] = statements if isinstance(statements, list) else [statements]
    if not found or not all(isinstance(each, dict) for each in found):
        raise PolicyError("The policy must have statements.")
    for statement in found:
        _check_statement(statement)
    return found


def _check_statement(statement: dict[str, Any]) -> None:
    _refuse_others(statement, _STATEMENT_MEMBERS)
    if statement.get("Effect") not in {"Allow", "Deny"}:
        raise PolicyError("Effect must be Allow or Deny.")
    for member in ("Principal", "Action", "Resource"):
        if member not in statement:
            raise PolicyError(f"A statement must have {member}.")
    for principal in _principals(statement["Principal"]):
        if not _PRINCIPAL.fullmatch(principal):
            raise PolicyError(f"{principal} is not a principal.")
    for action in texts(statement["Action"]):
        if not _ACTION.fullmatch(action):
            raise PolicyError(f"{action} is not an action of SES.")
    for resource in texts(statement["Resource"]):
        if resource != "*" and not resource.startswith("arn:"):
            raise PolicyError(f"{resource} is not an ARN.")
    policy_conditions.check(statement.get("Condition", {}), "ses")


def _refuse_others(found: Mapping[str, object], known: frozenset[str]) -> None:
    if other := sorted(set(found) - known):
        raise PolicyError(f"{other[0]} is not supported in an identity policy.")


def _principals(given: object) -> list[str]:
    if given == "*":
        return ["*"]
    if not isinstance(given, dict) or list(given) != ["AWS"]:
        raise PolicyError('Principal must be "*" or name AWS accounts or users.')
    return texts(given["AWS"])
