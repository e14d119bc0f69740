"""What action strings an alarm may have: their form alone, since targets are looked for when they are needed. Pure."""

import re

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.actions.target import Kind, target
from mailgauge.mail.address import AddressError, parse_address
from mailgauge.outgoing.target import RefusedError, target_of

# Which of them may be asked is the operator's to say.
_ANY_PORT = range(1, 65536)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def problem(action: str, scope: Scope) -> str | None:
    """Why an alarm of ``scope`` can't have the action, in AWS's words; None when it can."""
    if not action.startswith(("arn:", "mailto:", "https://", "http://")):
        return f"Invalid arn syntax: {action}"
    parts = action.split(":", 5)
    service = parts[2] if parts[0] == "arn" and len(parts) > 2 else ""
    if service in {"sns", "mailgauge"} and len(parts) > 3 and parts[3] != scope.region:
        return f"Invalid region {parts[3]} specified. Only {scope.region} is supported."
    if service == "mailgauge" and len(parts) > 4 and parts[4] != scope.account:
        return f"Invalid account {parts[4]} specified. Only {scope.account} is supported."
    is_own = service == "mailgauge" or parts[0] != "arn"
    return f"Invalid arn syntax: {action}" if is_own and not _is_well_formed(action) else None


def _is_well_formed(action: str) -> bool:
    found = target(action)
    match found.kind:
        case Kind.MAIL:
            return _is_address(found.value)
        case Kind.WEBHOOK:
            return _is_url(found.value)
        case Kind.COMMAND:
            return _NAME.fullmatch(found.value) is not None
        case Kind.PAUSE_SENDING:
            return not found.value or _NAME.fullmatch(found.value) is not None
        case _:
            return False


def _is_address(text: str) -> bool:
    try:
        return parse_address(text).bare == text
    except AddressError:
        return False


def _is_url(text: str) -> bool:
    try:
        target_of(text, _ANY_PORT)
    except RefusedError:
        return False
    return True
