"""A row of the delivery queue as a value: one message to prepare, or one recipient to deliver to."""

from dataclasses import dataclass
from enum import IntEnum

from mailgauge.base.scope import Scope


class Stage(IntEnum):
    PREPARE = 0
    DELIVER = 1
    RENDER = 2
    """A templated message, on its way to be prepared."""
    RENDER_SLOWLY = 3
    """The same for one that took too long among the others."""
    WAIT = 4
    """To be delivered to a site that has no room now: the row stands in that site's own line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of queued work. Times in seconds; ``recipient`` and ``site`` are empty while the message is to be prepared.

    ``site`` is the recipient's domain, and in ``Stage.WAIT`` the key of the site in whose line the row stands.
    ``custom_expiry`` says that the configuration set's MaxDeliverySeconds set ``expires``. ``is_system`` marks mail of
    the service itself, which makes no events.
    ``return_domain`` is the custom MAIL FROM domain that bounces come back to; empty is the service's own.
    """

    message_id: str
    stage: Stage
    scope: Scope
    configuration_set: str | None
    accepted: float
    expires: float
    custom_expiry: bool
    is_system: bool = False
    return_domain: str = ""
    recipient: str = ""
    site: str = ""
    attempts: int = 0
    due: float = 0.0
    id: int = 0

    @property
    def domain(self) -> str:
        """The recipient's, in lower case."""
        return self.recipient.rpartition("@")[2].lower()
