"""What a key may do: three fixed policies, decided on service and operation alone. Pure; it is not IAM's policy language."""

from enum import StrEnum

# The IAM prefix of an action, where it isn't the service's own name.
_PREFIXES = {"sesv2": "ses"}
# What a sender needs to know to pace itself.
_SENDERS_READ = frozenset({"GetSendQuota", "GetSendStatistics", "GetAccount"})
_READING = ("Get", "List", "Describe", "BatchGet")


class Policy(StrEnum):
    """``full`` may do everything in its account, ``send`` sends mail, ``read-only`` looks."""

    FULL = "full"
    SEND = "send"
    READ_ONLY = "read-only"


def allows(policy: Policy, service: str, operation: str) -> bool:
    """Whether a key with this policy may call the operation. Everyone may ask who they are, as on AWS."""
    if policy is Policy.FULL or (service, operation) == ("sts", "GetCallerIdentity"):
        return True
    if policy is Policy.READ_ONLY:
        return operation.startswith(_READING)
    return action_prefix(service) == "ses" and (operation.startswith("Send") or operation in _SENDERS_READ)


def action_prefix(service: str) -> str:
    """``sesv2`` and ``ses`` share the prefix ``ses``."""
    return _PREFIXES.get(service, service)


def denial(arn: str, service: str, operation: str, resource: str) -> str:
    """AWS's text for a call that the policy doesn't allow."""
    return f"User: {arn} is not authorized to perform: {action_prefix(service)}:{operation} on resource: {resource}"
