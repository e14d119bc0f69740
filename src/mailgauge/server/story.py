"""A message's whole story, out of facts, journal, transcripts and queue in one snapshot. It changes nothing."""

from dataclasses import dataclass

from mailgauge.delivery import queue, transcripts
from mailgauge.delivery.row import Row
from mailgauge.delivery.transcripts import Attempt
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Story:
    """``steps`` are what happened, in the order of time; ``waiting`` what is still to be done.

    ``facts`` is None when they were not kept any longer than the rest.
    """

    message_id: str
    facts: Facts | None
    steps: list[Entry | Attempt]
    waiting: list[Row]


def story_of(tx: Tx, message_id: str) -> Story | None:
    """None for a message that nothing is known of. Raises ValueError for what is no message id."""
    facts = journal.get_facts(tx, [message_id]).get(message_id)
    entries = journal.of_message(tx, message_id)
    attempts = transcripts.of_message(tx, message_id)
    waiting = queue.of_message(tx, message_id)
    if facts is None and not (entries or attempts or waiting):
        return None
    steps: list[Entry | Attempt] = [*attempts, *entries]
    # An attempt stands before the events that it made at the same millisecond.
    return Story(message_id, facts, sorted(steps, key=moment), waiting)


def moment(step: Entry | Attempt) -> int:
    """When it happened, in milliseconds."""
    return step.time if isinstance(step, Entry) else round(step.time * 1000)
