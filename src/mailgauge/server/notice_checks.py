"""Health checks of where events go: how far the dispatcher is, what topics lost lately, and what leads nowhere."""

from collections.abc import Sequence

from mailgauge.base.clock import Clock
from mailgauge.base.health import Check, Finding, Level
from mailgauge.destinations import notified, versions
from mailgauge.destinations.definitions import SnsTarget
from mailgauge.destinations.notices import Outcome
from mailgauge.destinations.notified import Count
from mailgauge.events import journal
from mailgauge.ses import event_destinations
from mailgauge.store.transaction import Store, Tx

_FAR_BEHIND = 50_000
_LATELY = 86_400.0
_MOST = 20
_WHY = {
    Outcome.NO_TOPIC: (
        "the topic does not exist, or its policy does not allow it",
        "Create the topic again, or take it off what publishes to it.",
    ),
    Outcome.MESSAGE_UNKNOWN: (
        "nothing is known of the message any more",
        "[keep] journal_days says how long messages are known.",
    ),
    Outcome.TOO_LONG: ("it is longer than a topic takes", "Send to fewer recipients at once."),
    Outcome.NO_DOCUMENT: ("no document could be made of the event", "The log says why."),
}


def notice_checks(mail: Store, clock: Clock) -> Sequence[Check]:
    async def topics_behind() -> list[Finding]:
        behind = await mail.read(lambda tx: journal.head(tx) - notified.position(tx))
        level = Level.WARNING if behind > _FAR_BEHIND else Level.OK
        return [Finding("notices", level, f"{behind} journal entries were not looked at for topics yet")]

    async def topics_gone() -> list[Finding]:
        def look(tx: Tx) -> list[tuple[Count, str]]:
            lost = notified.dropped_since(tx, clock.now() - _LATELY, _MOST)
            return [(each, _who(tx, each)) for each in lost]

        return [
            Finding(
                "notices",
                Level.WARNING,
                f"{each.count} events of {who} were not published: {_WHY[each.outcome][0]}",
                _WHY[each.outcome][1],
            )
            for each, who in await mail.read(look)
        ]

    async def nowhere() -> list[Finding]:
        found = await mail.read(lambda tx: event_destinations.leading_nowhere(tx, _MOST))
        return [
            Finding(
                "destinations",
                Level.WARNING,
                f"event destination {name} of configuration set {of} of account {scope.account} ({scope.region}) leads to "
                f"{what}, which this service does not have: nothing is published to it",
                "Use a topic, whose subscribers can be queues and HTTP servers, or switch the destination off.",
            )
            for scope, of, name, what in found
        ]

    return topics_behind, topics_gone, nowhere


def _who(tx: Tx, count: Count) -> str:
    who = count.recipient
    account = f"account {who.scope.account} ({who.scope.region})"
    if not who.version:
        name, _, kind = who.name.rpartition(" ")
        return f"identity {name} of {account}, type {kind}"
    found = versions.load(tx, [who.version]).get(who.version)
    if found is None:
        return f"event destination {who.name} of {account}"
    targets = [each.target for each in found.destinations if each.name == who.name]
    topic = ", ".join(each.topic_arn for each in targets if isinstance(each, SnsTarget))
    return f"event destination {who.name} of configuration set {found.name} of {account} for {topic}"
