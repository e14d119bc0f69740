"""What an action string names: the kind of target and its part that matters there. Pure.

Besides the ARNs of AWS there are those of ``arn:aws:mailgauge:REGION:ACCOUNT:`` and two short forms.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Who can run it. ``OTHER`` is what exists at AWS only."""

    TOPIC = "topic"
    MAIL = "mail"
    WEBHOOK = "webhook"
    COMMAND = "command"
    PAUSE_SENDING = "pause-sending"
    OTHER = "other"

    @property
    def is_remote(self) -> bool:
        """Whether it waits for something that is not ours, and so may take long."""
        return self in {Kind.WEBHOOK, Kind.COMMAND}


@dataclass(frozen=True, slots=True)
class Target:
    """``value`` is the topic's ARN, the address, URL, name of the command or configuration set ('' is the account), or
    the service of what is not run here.
    """

    kind: Kind
    value: str


_OWN = {kind.value: kind for kind in (Kind.MAIL, Kind.WEBHOOK, Kind.COMMAND, Kind.PAUSE_SENDING)}


def target(action: str) -> Target:
    """Never fails: what can't be made out is of kind OTHER."""
    if action.startswith("mailto:"):
        return Target(Kind.MAIL, action.removeprefix("mailto:"))
    if action.startswith(("https://", "http://")):
        return Target(Kind.WEBHOOK, action)
    parts = action.split(":", 5)
    if len(parts) < 6:
        return Target(Kind.OTHER, "")
    service, rest = parts[2], parts[5]
    if service == "sns":
        return Target(Kind.TOPIC, action)
    if service == "mailgauge":
        what, _, value = rest.partition("/")
        return Target(_OWN.get(what, Kind.OTHER), value)
    return Target(Kind.OTHER, service)
