"""What an event destination is: a name, the event types it wants, and one target. Values and their codec, no rules.

The rules are in ``rules``; see ``sesv2/EventDestinationDefinition`` and ``ses/EventDestination`` for the two wire forms.
"""

from enum import StrEnum

import msgspec

from mailgauge.events.kinds import Kind


class Source(StrEnum):
    """Where the value of a dimension comes from."""

    MESSAGE_TAG = "MESSAGE_TAG"
    EMAIL_HEADER = "EMAIL_HEADER"
    LINK_TAG = "LINK_TAG"


class Dimension(msgspec.Struct, frozen=True):
    """One dimension of the metrics of a CloudWatch destination; ``default`` stands in for a value that isn't there."""

    name: str
    source: Source
    default: str


class RollUp(StrEnum):
    """Which metrics with fewer dimensions are published beside the one with all of them."""

    EACH = "each"
    """One for each dimension by itself."""
    SUBSETS = "subsets"
    """One for every choice among the dimensions."""


ROLL_UP = "mailgauge:roll-up"
"""The dimension that is none: its default value says which roll-ups a destination asks for."""


class CloudWatchTarget(msgspec.Struct, frozen=True, tag="cloudwatch"):
    """Metrics in ``AWS/SES``: one datum an event, with all dimensions on it, and the roll-ups that are asked for."""

    dimensions: tuple[Dimension, ...]

    @property
    def published(self) -> tuple[Dimension, ...]:
        """The dimensions that metrics have."""
        return tuple(each for each in self.dimensions if each.name != ROLL_UP)

    @property
    def roll_up(self) -> RollUp | None:
        return next((RollUp(each.default) for each in self.dimensions if each.name == ROLL_UP), None)


class SnsTarget(msgspec.Struct, frozen=True, tag="sns"):
    topic_arn: str


class FirehoseTarget(msgspec.Struct, frozen=True, tag="firehose"):
    role_arn: str
    stream_arn: str


class EventBridgeTarget(msgspec.Struct, frozen=True, tag="eventbridge"):
    bus_arn: str


Target = CloudWatchTarget | SnsTarget | FirehoseTarget | EventBridgeTarget


class EventDestination(msgspec.Struct, frozen=True):
    """A destination of a configuration set."""

    name: str
    enabled: bool
    event_types: frozenset[Kind]
    target: Target

    def wants(self, kind: Kind) -> bool:
        """Whether events of this kind are published to it."""
        return self.enabled and kind in self.event_types


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(tuple[EventDestination, ...])


def encode(destinations: tuple[EventDestination, ...]) -> bytes:
    """JSON, the same bytes for the same destinations."""
    return _encoder.encode(destinations)


def decode(blob: bytes) -> tuple[EventDestination, ...]:
    return _decoder.decode(blob)
