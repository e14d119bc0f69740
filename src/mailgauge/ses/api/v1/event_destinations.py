"""Event destinations of a configuration set: ``ses/CreateConfigurationSetEventDestination`` and its siblings.

v1 has other spellings than v2 and knows fewer event types and targets; what it doesn't know is left out of its replies.
"""

from typing import Any

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.destinations import rules
from mailgauge.destinations.definitions import (
    CloudWatchTarget,
    Dimension,
    EventBridgeTarget,
    EventDestination,
    FirehoseTarget,
    SnsTarget,
    Source,
    Target,
)
from mailgauge.destinations.rules import InvalidDestinationError
from mailgauge.events.kinds import Kind
from mailgauge.ses import event_destinations
from mailgauge.ses.api.parts import Parts

_EVENT_TYPES = {
    Kind.SEND: "send",
    Kind.REJECT: "reject",
    Kind.BOUNCE: "bounce",
    Kind.COMPLAINT: "complaint",
    Kind.DELIVERY: "delivery",
    Kind.OPEN: "open",
    Kind.CLICK: "click",
    Kind.RENDERING_FAILURE: "renderingFailure",
}
_KINDS = {name: kind for kind, name in _EVENT_TYPES.items()}
_SOURCES = {Source.MESSAGE_TAG: "messageTag", Source.EMAIL_HEADER: "emailHeader", Source.LINK_TAG: "linkTag"}
_SOURCES_BY_NAME = {name: source for source, name in _SOURCES.items()}


def event_destination_operations(parts: Parts) -> dict[str, Handler]:
    destinations = _EventDestinations(parts)
    return {
        "CreateConfigurationSetEventDestination": destinations.create,
        "UpdateConfigurationSetEventDestination": destinations.update,
        "DeleteConfigurationSetEventDestination": destinations.delete,
    }


class _EventDestinations:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._limits = parts.limits

    async def create(self, caller: Caller, params: Params) -> Result:
        name, destination = params["ConfigurationSetName"], _parse(params["EventDestination"])
        await self._store.write(
            lambda tx: event_destinations.create(
                tx, caller.scope, name, destination, caller.now, limits=self._limits
            )
        )
        return {}

    async def update(self, caller: Caller, params: Params) -> Result:
        name, destination = params["ConfigurationSetName"], _parse(params["EventDestination"])
        await self._store.write(
            lambda tx: event_destinations.update(
                tx, caller.scope, name, destination, caller.now, limits=self._limits
            )
        )
        return {}

    async def delete(self, caller: Caller, params: Params) -> Result:
        name, destination = params["ConfigurationSetName"], params["EventDestinationName"]
        await self._store.write(
            lambda tx: event_destinations.delete(tx, caller.scope, name, destination, caller.now)
        )
        return {}


def describe_destination(destination: EventDestination) -> Result:
    return {
        "Name": destination.name,
        "Enabled": destination.enabled,
        "MatchingEventTypes": [_EVENT_TYPES[k] for k in sorted(destination.event_types) if k in _EVENT_TYPES],
        **_describe_target(destination.target),
    }


def _parse(definition: dict[str, Any]) -> EventDestination:
    return EventDestination(
        name=definition["Name"],
        enabled=bool(definition.get("Enabled")),
        event_types=frozenset(_kind(each) for each in definition["MatchingEventTypes"]),
        target=_parse_target(definition),
    )


def _kind(event_type: str) -> Kind:
    if event_type not in _KINDS:
        raise InvalidDestinationError(f"Invalid event type <{event_type}>.")
    return _KINDS[event_type]


def _parse_target(definition: dict[str, Any]) -> Target:
    cloudwatch = definition.get("CloudWatchDestination")
    sns = definition.get("SNSDestination")
    firehose = definition.get("KinesisFirehoseDestination")
    return rules.one_target(
        (
            None
            if cloudwatch is None
            else CloudWatchTarget(tuple(map(_dimension, cloudwatch["DimensionConfigurations"]))),
            None if sns is None else SnsTarget(sns["TopicARN"]),
            None
            if firehose is None
            else FirehoseTarget(firehose["IAMRoleARN"], firehose["DeliveryStreamARN"]),
        )
    )


def _dimension(configuration: dict[str, str]) -> Dimension:
    source = _SOURCES_BY_NAME.get(configuration["DimensionValueSource"])
    if source is None:
        raise InvalidDestinationError(
            f"Invalid dimension value source <{configuration['DimensionValueSource']}>."
        )
    return Dimension(configuration["DimensionName"], source, configuration["DefaultDimensionValue"])


def _describe_target(target: Target) -> Result:
    match target:
        case CloudWatchTarget(dimensions=dimensions):
            return {
                "CloudWatchDestination": {
                    "DimensionConfigurations": [_describe_dimension(d) for d in dimensions]
                }
            }
        case SnsTarget(topic_arn=arn):
            return {"SNSDestination": {"TopicARN": arn}}
        case FirehoseTarget(role_arn=role, stream_arn=stream):
            return {"KinesisFirehoseDestination": {"IAMRoleARN": role, "DeliveryStreamARN": stream}}
        case EventBridgeTarget():
            return {}


def _describe_dimension(dimension: Dimension) -> Result:
    return {
        "DimensionName": dimension.name,
        "DimensionValueSource": _SOURCES[dimension.source],
        "DefaultDimensionValue": dimension.default,
    }
