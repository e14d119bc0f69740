"""What each journal entry adds to the metrics, row by row."""

from typing import Any

import pytest

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.destinations.accounting import Accounted, Drop, account
from mailgauge.destinations.definitions import (
    ROLL_UP,
    CloudWatchTarget,
    Dimension,
    EventDestination,
    SnsTarget,
    Source,
)
from mailgauge.destinations.versions import Version
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind

SCOPE = Scope("111122223333", "eu-west-1")
MESSAGE = new_message_id("eu-west-1", 1_750_000_000)
EVENTS = frozenset(kind for kind in Kind if kind.is_event)
TOPIC = SnsTarget("arn:aws:sns:eu-west-1:111122223333:topic")
NOTHING: dict[str, Any] = {}


def by(name: str) -> CloudWatchTarget:
    return CloudWatchTarget((Dimension(name, Source.MESSAGE_TAG, "none"),))


def destination(
    name: str, target: CloudWatchTarget | SnsTarget, *, enabled: bool = True, kinds: frozenset[Kind] = EVENTS
) -> EventDestination:
    return EventDestination(name, enabled, kinds, target)


def accounted(
    kind: Kind,
    *destinations: EventDestination,
    detail: dict[str, Any] = NOTHING,
    weight: int = 1,
    has_set: bool = True,
    tags: dict[str, list[str]] | None = None,
    is_known: bool = True,
) -> Accounted:
    facts = Facts(
        message_id=MESSAGE,
        time=1_750_000_000,
        account=SCOPE.account,
        region=SCOPE.region,
        source="a@example.com",
        destination=["b@example.net"],
        tags=tags or {},
    )
    entry = Entry(1_750_000_000_999, SCOPE, kind, MESSAGE, 7 if has_set else None, weight, detail)
    version = Version(7, SCOPE, "news", 0, destinations)
    return account(entry, {MESSAGE: facts} if is_known else {}, {7: version} if has_set else {})


def series(found: Accounted) -> list[tuple[str, dict[str, str], float]]:
    for delta in found.deltas:
        assert (delta.series.scope, delta.series.namespace, delta.unit) == (SCOPE, "AWS/SES", "Count")
        assert (delta.time, delta.stats.count) == (1_750_000_000, 1)
    return [(delta.series.name, dict(delta.series.dimensions), delta.stats.sum) for delta in found.deltas]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.SEND, "Send"),
        (Kind.DELIVERY, "Delivery"),
        (Kind.COMPLAINT, "Complaint"),
        (Kind.REJECT, "Reject"),
        (Kind.RENDERING_FAILURE, "RenderingFailure"),
    ],
)
def test_the_account_counts_recipients_of_every_message(kind: Kind, name: str) -> None:
    assert series(accounted(kind, has_set=False, weight=3)) == [(name, {}, 3)]


@pytest.mark.parametrize("kind", [Kind.DELIVERY_DELAY, Kind.SUBSCRIPTION, Kind.OPEN, Kind.CLICK])
def test_the_account_has_no_metric_of_its_own_for_the_rest(kind: Kind) -> None:
    assert series(accounted(kind, has_set=False)) == []


@pytest.mark.parametrize("kind", [Kind.OPEN, Kind.CLICK])
def test_opens_and_clicks_count_for_the_account_where_the_set_publishes_them_anywhere(kind: Kind) -> None:
    assert len(series(accounted(kind, destination("topic", TOPIC)))) == 1
    assert series(accounted(kind, destination("topic", TOPIC, enabled=False))) == []
    assert series(accounted(kind, destination("topic", TOPIC, kinds=frozenset({Kind.SEND})))) == []


@pytest.mark.parametrize(("bounce_type", "counts"), [("Permanent", 1), ("Transient", 0), ("Undetermined", 0)])
def test_the_account_counts_hard_bounces_only_and_destinations_count_all(
    bounce_type: str, counts: int
) -> None:
    found = series(
        accounted(Kind.BOUNCE, destination("d", by("campaign")), detail={"bounceType": bounce_type})
    )
    assert found == [("Bounce", {}, 1)] * counts + [("Bounce", {"campaign": "none"}, 1)]


def test_each_cloudwatch_destination_that_wants_the_event_gets_a_sample() -> None:
    found = accounted(
        Kind.SEND,
        destination("one", by("campaign")),
        destination("two", by("genre")),
        destination("off", by("x"), enabled=False),
        destination("other", by("x"), kinds=frozenset({Kind.CLICK})),
        destination("topic", TOPIC),
        tags={"campaign": ["spring", "summer"]},
    )
    assert series(found) == [
        ("Send", {}, 1),
        ("Send", {"campaign": "spring"}, 1),
        ("Send", {"genre": "none"}, 1),
    ]


def test_an_illegal_value_is_a_drop_and_costs_the_account_nothing() -> None:
    found = accounted(Kind.SEND, destination("one", by("campaign")), tags={"campaign": ["a b"]})
    assert series(found) == [("Send", {}, 1)]
    assert found.drops == [Drop(SCOPE, 7, "one", "illegal character")]


def test_an_event_of_a_message_nobody_knows_is_a_drop_and_stops_nothing() -> None:
    found = accounted(Kind.SEND, destination("one", by("campaign")), is_known=False)
    assert series(found) == [("Send", {}, 1)]
    assert found.drops == [Drop(SCOPE, 7, "one", "message unknown")]


def test_put_metric_data_adds_what_was_put() -> None:
    detail = {
        "namespace": "Shop",
        "datums": [
            {"name": "Orders", "time": 1_750_000_000, "values": [1.0, 2.0]},
            {"name": "Wait", "time": 1_750_000_001, "unit": "Seconds", "statistics": [4, 8, 1, 3]},
        ],
    }
    entry = Entry(1_750_000_000_000, SCOPE, Kind.METRIC_DATA, None, None, 2, detail)
    orders, wait = account(entry, {}, {}).deltas
    assert (orders.series.namespace, orders.stats.count, orders.stats.sum) == ("Shop", 2, 3)
    assert (wait.unit, wait.stats.count, wait.stats.sum, wait.stats.min, wait.stats.max) == (
        "Seconds",
        4,
        8,
        1,
        3,
    )


def rolled(wanted: str, *names: str) -> CloudWatchTarget:
    dimensions = [Dimension(name, Source.MESSAGE_TAG, "none") for name in names]
    return CloudWatchTarget((*dimensions, Dimension(ROLL_UP, Source.MESSAGE_TAG, wanted)))


def dimensions_of(found: Accounted) -> list[dict[str, str]]:
    return [dict(delta.series.dimensions) for delta in found.deltas]


TAGS = {"campaign": ["spring"], "genre": ["news"], "list": ["x"]}


def test_a_roll_up_adds_a_metric_for_each_dimension_by_itself() -> None:
    found = accounted(Kind.SEND, destination("all", rolled("each", "campaign", "genre")), tags=TAGS)
    both = {"campaign": "spring", "genre": "news"}
    assert dimensions_of(found) == [{}, both, {"campaign": "spring"}, {"genre": "news"}]


def test_a_roll_up_of_subsets_adds_every_choice_among_the_dimensions() -> None:
    found = accounted(
        Kind.SEND, destination("all", rolled("subsets", "campaign", "genre", "list")), tags=TAGS
    )
    assert sorted(map(len, dimensions_of(found))) == [0, 1, 1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize("rolled_first", [True, False])
def test_what_a_destination_publishes_by_itself_is_not_rolled_up_on_top(*, rolled_first: bool) -> None:
    both = [destination("all", rolled("each", "campaign", "genre")), destination("one", by("campaign"))]
    found = dimensions_of(accounted(Kind.SEND, *(both if rolled_first else both[::-1]), tags=TAGS))
    assert found.count({"campaign": "spring"}) == 1


def test_of_one_dimension_there_is_nothing_to_roll_up() -> None:
    found = accounted(Kind.SEND, destination("all", rolled("each", "campaign")), tags=TAGS)
    assert dimensions_of(found) == [{}, {"campaign": "spring"}]
