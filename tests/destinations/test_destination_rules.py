"""What is refused as an event destination, with the words clients know."""

import pytest

from mailgauge.destinations import rules
from mailgauge.destinations.definitions import (
    ROLL_UP,
    CloudWatchTarget,
    Dimension,
    EventBridgeTarget,
    EventDestination,
    FirehoseTarget,
    SnsTarget,
    Source,
    Target,
    decode,
    encode,
)
from mailgauge.destinations.rules import InvalidDestinationError, InvalidTargetError
from mailgauge.events.kinds import Kind

CAMPAIGN = Dimension("campaign", Source.MESSAGE_TAG, "none")
METRICS = CloudWatchTarget((CAMPAIGN,))
TOPIC = SnsTarget("arn:aws:sns:us-east-1:000000000000:events")
STREAM = FirehoseTarget(
    "arn:aws:iam::000000000000:role/ses", "arn:aws:firehose:us-east-1:000000000000:deliverystream/events"
)
BUS = EventBridgeTarget("arn:aws:events:us-east-1:000000000000:event-bus/default")


def destination(
    target: Target = METRICS,
    name: str = "metrics",
    types: frozenset[Kind] = frozenset({Kind.SEND, Kind.BOUNCE}),
) -> EventDestination:
    return EventDestination(name, enabled=True, event_types=types, target=target)


def refusal(refused: EventDestination) -> str:
    with pytest.raises(InvalidDestinationError) as error:
        rules.check(refused)
    return str(error.value)


@pytest.mark.parametrize("target", [METRICS, TOPIC, STREAM, BUS])
def test_every_kind_of_target_is_accepted_and_kept(target: Target) -> None:
    kept = destination(target)
    rules.check(kept)
    assert decode(encode((kept,))) == (kept,)


def test_the_same_destinations_are_kept_as_the_same_bytes() -> None:
    every = frozenset(kind for kind in Kind if kind.is_event)
    assert encode((destination(types=every),)) == encode(
        (destination(types=frozenset(sorted(every, reverse=True))),)
    )


def test_a_disabled_destination_wants_nothing() -> None:
    off = EventDestination("off", enabled=False, event_types=frozenset({Kind.SEND}), target=METRICS)
    assert not off.wants(Kind.SEND)
    assert destination().wants(Kind.SEND)
    assert not destination().wants(Kind.OPEN)


def test_exactly_one_target_is_needed() -> None:
    assert rules.one_target([None, METRICS, None]) is METRICS
    with pytest.raises(InvalidDestinationError, match="Event destination is not provided"):
        rules.one_target([None])
    with pytest.raises(
        InvalidDestinationError, match="Please provide only one destination with each request"
    ):
        rules.one_target([METRICS, TOPIC])


def test_an_event_type_is_needed() -> None:
    assert refusal(destination(types=frozenset())) == "At least one event type must be specified."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "The event destination name must be specified."),
        ("x" * 65, "Event destination name cannot exceed 64 characters."),
        (
            "a b",
            "Invalid event destination name <a b>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
        ),
    ],
)
def test_names_are_checked(name: str, text: str) -> None:
    assert refusal(destination(name=name)) == text


def test_a_dimension_is_needed() -> None:
    text = refusal(destination(CloudWatchTarget(())))
    assert text == "CloudWatch metrics dimension configuration list cannot be empty."


def test_ten_dimensions_are_the_most() -> None:
    ten = tuple(Dimension(f"d{n}", Source.MESSAGE_TAG, "x") for n in range(10))
    rules.check(destination(CloudWatchTarget(ten)))
    assert "cannot exceed 10" in refusal(destination(CloudWatchTarget((*ten, CAMPAIGN))))


@pytest.mark.parametrize(
    "dimension",
    [
        Dimension("", Source.MESSAGE_TAG, "x"),
        Dimension("a b", Source.MESSAGE_TAG, "x"),
        Dimension("x" * 257, Source.MESSAGE_TAG, "x"),
        Dimension("campaign", Source.MESSAGE_TAG, ""),
        Dimension("campaign", Source.MESSAGE_TAG, "a b"),
        Dimension("campaign", Source.MESSAGE_TAG, "x" * 257),
        *(
            Dimension(name, Source.EMAIL_HEADER, "x")
            for name in ("Received", "To", "From", "DKIM-Signature", "CC", "Message-ID", "RETURN-PATH")
        ),
    ],
)
def test_illegal_dimensions_are_refused_as_a_fault_of_the_cloudwatch_target(dimension: Dimension) -> None:
    with pytest.raises(InvalidTargetError) as error:
        rules.check(destination(CloudWatchTarget((dimension,))))
    assert error.value.target is CloudWatchTarget


def test_dimension_names_may_name_auto_tags_and_defaults_may_be_addresses() -> None:
    rules.check(
        destination(CloudWatchTarget((Dimension("ses:from-domain", Source.MESSAGE_TAG, "a.b@c-d_e"),)))
    )


def test_a_forbidden_header_name_is_fine_as_a_tag_name() -> None:
    rules.check(destination(CloudWatchTarget((Dimension("from", Source.MESSAGE_TAG, "x"),))))


@pytest.mark.parametrize(
    "target",
    [
        SnsTarget("events"),
        SnsTarget("arn:aws:sns:us-east-1:000000000000:events.fifo"),
        FirehoseTarget("role", STREAM.stream_arn),
        FirehoseTarget(STREAM.role_arn, "stream"),
        EventBridgeTarget("arn:aws:sns:us-east-1:000000000000:events"),
    ],
)
def test_targets_are_checked_by_the_form_of_their_arns(target: Target) -> None:
    with pytest.raises(InvalidTargetError) as error:
        rules.check(destination(target))
    assert error.value.target is type(target)


@pytest.mark.parametrize(
    ("names", "wanted", "text"),
    [
        (["campaign"], "most", "must be one of: each, subsets."),
        ([], "each", "cannot be empty."),
        (list("abcdef"), "subsets", "at most 5 dimensions."),
    ],
)
def test_a_roll_up_is_of_a_known_kind_and_of_few_dimensions(names: list[str], wanted: str, text: str) -> None:
    dimensions = [Dimension(name, Source.MESSAGE_TAG, "none") for name in names]
    refused = CloudWatchTarget((*dimensions, Dimension(ROLL_UP, Source.MESSAGE_TAG, wanted)))
    assert refusal(destination(refused)).endswith(text)
