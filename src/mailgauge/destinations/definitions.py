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


class CloudWatchTarget(msgspec.Struct, frozen=True, tag="cloudwatch"):
    """Metrics in ``AWS/SES``: one datum an event, with all dimensions on it."""

    dimensions: tuple[Dimension, ...]


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
