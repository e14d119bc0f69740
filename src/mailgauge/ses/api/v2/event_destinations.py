"""Event destinations of a configuration set: ``sesv2/CreateConfigurationSetEventDestination`` and its siblings."""

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


def event_destination_operations(parts: Parts) -> dict[str, Handler]:
    destinations = _EventDestinations(parts)
    return {
        "CreateConfigurationSetEventDestination": destinations.create,
        "GetConfigurationSetEventDestinations": destinations.get,
        "UpdateConfigurationSetEventDestination": destinations.update,
        "DeleteConfigurationSetEventDestination": destinations.delete,
    }


class _EventDestinations:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._limits = parts.limits

    async def create(self, caller: Caller, params: Params) -> Result:
        name, destination = params["ConfigurationSetName"], _parse(params)
        await self._store.write(
            lambda tx: event_destinations.create(
                tx, caller.scope, name, destination, caller.now, limits=self._limits
            )
        )
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        name = params["ConfigurationSetName"]
        found = await self._store.read(lambda tx: event_destinations.of(tx, caller.scope, name))
        return {"EventDestinations": [_describe(each) for each in found]}

    async def update(self, caller: Caller, params: Params) -> Result:
        name, destination = params["ConfigurationSetName"], _parse(params)
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


def _parse(params: Params) -> EventDestination:
    definition = params["EventDestination"]
    return EventDestination(
        name=params["EventDestinationName"],
        enabled=bool(definition.get("Enabled")),
        event_types=frozenset(_kind(each) for each in definition.get("MatchingEventTypes") or ()),
        target=_parse_target(definition),
    )


def _kind(event_type: str) -> Kind:
    try:
        return Kind[event_type]
    except KeyError:
        raise InvalidDestinationError(f"Invalid event type <{event_type}>.") from None


def _parse_target(definition: dict[str, Any]) -> Target:
    if definition.get("PinpointDestination") is not None:
        raise InvalidDestinationError("PinpointDestination is not supported by this release.")
    cloudwatch = definition.get("CloudWatchDestination")
    sns = definition.get("SnsDestination")
    firehose = definition.get("KinesisFirehoseDestination")
    bus = definition.get("EventBridgeDestination")
    return rules.one_target(
        (
            None
            if cloudwatch is None
            else CloudWatchTarget(tuple(map(_dimension, cloudwatch["DimensionConfigurations"]))),
            None if sns is None else SnsTarget(sns["TopicArn"]),
            None
            if firehose is None
            else FirehoseTarget(firehose["IamRoleArn"], firehose["DeliveryStreamArn"]),
            None if bus is None else EventBridgeTarget(bus["EventBusArn"]),
        )
    )


def _dimension(configuration: dict[str, str]) -> Dimension:
    return Dimension(
        configuration["DimensionName"],
        Source(configuration["DimensionValueSource"]),
        configuration["DefaultDimensionValue"],
    )


def _describe(destination: EventDestination) -> Result:
    return {
        "Name": destination.name,
        "Enabled": destination.enabled,
        "MatchingEventTypes": [kind.name for kind in sorted(destination.event_types)],
        **_describe_target(destination.target),
    }


def _describe_target(target: Target) -> Result:
    match target:
        case CloudWatchTarget(dimensions=dimensions):
            return {
                "CloudWatchDestination": {
                    "DimensionConfigurations": [_describe_dimension(d) for d in dimensions]
                }
            }
        case SnsTarget(topic_arn=arn):
            return {"SnsDestination": {"TopicArn": arn}}
        case FirehoseTarget(role_arn=role, stream_arn=stream):
            return {"KinesisFirehoseDestination": {"IamRoleArn": role, "DeliveryStreamArn": stream}}
        case EventBridgeTarget(bus_arn=arn):
            return {"EventBridgeDestination": {"EventBusArn": arn}}


def _describe_dimension(dimension: Dimension) -> Result:
    return {
        "DimensionName": dimension.name,
        "DimensionValueSource": dimension.source.value,
        "DefaultDimensionValue": dimension.default,
    }
