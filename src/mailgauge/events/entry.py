"""A journal entry as a value. How it is kept is the journal's business, what it means the documents' and the publisher's."""

from dataclasses import dataclass
from typing import Any

from mailgauge.base.scope import Scope
from mailgauge.events.kinds import Kind

# One writer commits in one order, so the embedded store needs no more than one shard (docs/decisions).
SHARD = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry. ``time`` in milliseconds; ``version`` is that of the configuration set in force, or None;
    ``detail`` holds only this event's own facts. ``seq`` is 0 until it is committed.
    """

    time: int
    scope: Scope
    kind: Kind
    message_id: str | None
    version: int | None
    weight: int
    detail: dict[str, Any]
    shard: int = SHARD
    seq: int = 0

    @property
    def recipients(self) -> list[str]:
        """The bare addresses this event itself names: none for those that are about the whole message."""
        named = self.detail.get("recipients", ())
        return [each if isinstance(each, str) else each["emailAddress"] for each in named]
