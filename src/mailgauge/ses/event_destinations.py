"""The event destinations of a configuration set. Each change writes a new version of the set; nothing is edited in place."""

import logging
from collections.abc import Iterable

from mailgauge.base.scope import Scope
from mailgauge.destinations import rules, topics, versions
from mailgauge.destinations.definitions import (
    EventBridgeTarget,
    EventDestination,
    FirehoseTarget,
    SnsTarget,
    decode,
)
from mailgauge.destinations.notices import VALIDATED
from mailgauge.ses import configuration_sets
from mailgauge.ses.errors import (
    EventDestinationExistsError,
    EventDestinationNotFoundError,
    LimitExceededError,
)
from mailgauge.ses.limits import AMAZON, Limits
from mailgauge.sns.errors import UnknownTopicError
from mailgauge.sns.message import Message
from mailgauge.store.transaction import Tx

log = logging.getLogger(__name__)

_NOWHERE = {FirehoseTarget: "a Firehose stream", EventBridgeTarget: "an EventBridge bus"}
"""Targets that are kept as they were given, though nothing is published to them."""


def of(tx: Tx, scope: Scope, configuration_set: str) -> tuple[EventDestination, ...]:
    """In the order they were made."""
    version = configuration_sets.get(tx, scope, configuration_set).version
    return versions.load(tx, [version])[version].destinations


def create(
    tx: Tx,
    scope: Scope,
    configuration_set: str,
    destination: EventDestination,
    now: float,
    *,
    limits: Limits = AMAZON,
) -> None:
    rules.check(destination, limits.dimensions)
    existing = of(tx, scope, configuration_set)
    if any(each.name == destination.name for each in existing):
        raise EventDestinationExistsError(configuration_set, destination.name)
    if len(existing) >= limits.event_destinations:
        raise LimitExceededError(
            f"Configuration set <{configuration_set}> can't have more than {limits.event_destinations} event destinations."
        )
    _accept_target(tx, scope, configuration_set, destination, now)
    _replace(tx, scope, configuration_set, (*existing, destination), now)


def update(
    tx: Tx,
    scope: Scope,
    configuration_set: str,
    destination: EventDestination,
    now: float,
    *,
    limits: Limits = AMAZON,
) -> None:
    """Replaces the whole definition of the destination of this name."""
    rules.check(destination, limits.dimensions)
    existing = _with(of(tx, scope, configuration_set), configuration_set, destination.name)
    changed = tuple(destination if each.name == destination.name else each for each in existing)
    if all(each.target != destination.target for each in existing if each.name == destination.name):
        _accept_target(tx, scope, configuration_set, destination, now)
    if changed != existing:
        _replace(tx, scope, configuration_set, changed, now)


def delete(tx: Tx, scope: Scope, configuration_set: str, name: str, now: float) -> None:
    existing = _with(of(tx, scope, configuration_set), configuration_set, name)
    _replace(tx, scope, configuration_set, (each for each in existing if each.name != name), now)


def leading_nowhere(tx: Tx, limit: int) -> list[tuple[Scope, str, str, str]]:
    """Enabled destinations that events never reach: scope, configuration set, name, and what they lead to."""
    rows = tx.run(
        "SELECT version.scope, version.name, version.definition FROM configuration_set AS current"
        " JOIN configuration_set_version AS version ON version.id = current.version"
        " WHERE instr(version.definition, ?) OR instr(version.definition, ?) LIMIT ?",
        (b'"type":"firehose"', b'"type":"eventbridge"', limit),
    )
    return [
        (Scope.from_key(scope), name, each.name, _NOWHERE[type(each.target)])
        for scope, name, definition in rows
        for each in decode(definition)
        if each.enabled and type(each.target) in _NOWHERE
    ]


def _accept_target(
    tx: Tx, scope: Scope, configuration_set: str, destination: EventDestination, now: float
) -> None:
    """A new topic is told that events will come. Raises InvalidTargetError for one that is not there."""
    target = destination.target
    if type(target) in _NOWHERE:
        log.warning(
            "an event destination leads to what this service does not have: nothing is published to it",
            extra={"configuration_set": configuration_set, "event_destination": destination.name},
        )
    if not isinstance(target, SnsTarget):
        return
    try:
        topics.publish(tx, scope, target.topic_arn, Message(VALIDATED), now)
    except UnknownTopicError as error:
        raise rules.InvalidTargetError(SnsTarget, f"SNS topic <{target.topic_arn}> not found.") from error


def _with(
    destinations: tuple[EventDestination, ...], configuration_set: str, name: str
) -> tuple[EventDestination, ...]:
    if all(each.name != name for each in destinations):
        raise EventDestinationNotFoundError(configuration_set, name)
    return destinations


def _replace(
    tx: Tx, scope: Scope, configuration_set: str, destinations: Iterable[EventDestination], now: float
) -> None:
    version = versions.put(tx, scope, configuration_set, destinations, now)
    configuration_sets.set_version(tx, scope, configuration_set, version)
