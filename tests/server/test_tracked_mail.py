"""Which mail is tracked, and what visits become: events, metrics, insights, and as little about people as is wanted."""

import re
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import apsw
import pytest

from mailgauge.delivery import contents
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import Kind
from mailgauge.server import tracking
from mailgauge.ses.engagement import TAG, Tracker
from mailgauge.store.transaction import Lane, Tx
from mailgauge.tracking.privacy import ClientIp
from mailgauge.tracking.tokens import Link, Tokens
from mailgauge.tracking.visits import Visit
from tests.server.room import SENDER, SET, Room

T = TypeVar("T")

READER = "reader@example.net"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
HTML = '<p><a href="https://example.com/">x</a></p>'
LINK = Link(0, "https://example.com/", {"place": ["top"]})
TRACKER = Tracker(Tokens(b"secret"), lambda: "http://localhost", 60 * 86_400)


async def send(room: Room, *to: str, **options: Any) -> str:
    answer = await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": list(to) or [READER]},
        Content={"Simple": {"Subject": {"Data": "News"}, "Body": {"Html": {"Data": HTML}}}},
        **options,
    )
    await room.until_delivered()
    return str(answer["MessageId"])


async def marks(room: Room, message_id: str) -> tuple[bool, bool]:
    """Whether the message has a pixel, and whether its link is counted."""
    content = await room.storage.mail.read(lambda tx: contents.get(tx, message_id))
    plain = re.sub(rb"=\r\n", b"", content)
    return b"/_t/o/" in plain, b"/_t/c/" in plain


async def ask_for(room: Room, *kinds: str, enabled: bool = True) -> None:
    await room.call(
        "sesv2",
        "CreateConfigurationSetEventDestination",
        ConfigurationSetName=SET,
        EventDestinationName="-".join(kinds),
        EventDestination={
            "Enabled": enabled,
            "MatchingEventTypes": list(kinds),
            "CloudWatchDestination": {
                "DimensionConfigurations": [
                    {
                        "DimensionName": TAG,
                        "DimensionValueSource": "MESSAGE_TAG",
                        "DefaultDimensionValue": "none",
                    }
                ]
            },
        },
    )


async def visit(room: Room, message_id: str, tracker: Tracker = TRACKER, **changes: Any) -> Entry | None:
    """The last entry of the message, after this visit."""
    seen = replace(Visit(message_id, room.clock.now(), "203.0.113.77", BROWSER), **changes)
    await room.storage.mail.write(lambda tx: tracker.record(tx, seen))
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    return entries[-1] if entries else None


async def vdm(room: Room, *metrics: str) -> dict[str, list[int]]:
    """Values of the Virtual Deliverability Manager's metrics of today."""
    today = datetime.fromtimestamp(room.clock.now(), UTC)
    queries = [
        {"Id": metric, "Namespace": "VDM", "Metric": metric, "StartDate": today, "EndDate": today}
        for metric in metrics
    ]
    answer = await room.call("sesv2", "BatchGetMetricData", Queries=queries)
    return {each["Id"]: each["Values"] for each in answer["Results"]}


@pytest.mark.parametrize(
    ("kinds", "marked"),
    [
        ((), (False, False)),
        (("OPEN",), (True, False)),
        (("CLICK", "SEND"), (False, True)),
        (("OPEN", "CLICK"), (True, True)),
    ],
)
async def test_mail_is_tracked_as_its_sets_destinations_ask(
    room: Room, kinds: tuple[str, ...], marked: tuple[bool, bool]
) -> None:
    if kinds:
        await ask_for(room, *kinds)
    assert await marks(room, await send(room, ConfigurationSetName=SET)) == marked
    assert await marks(room, await send(room)) == (False, False)


async def test_a_destination_that_is_switched_off_asks_for_nothing(room: Room) -> None:
    await ask_for(room, "OPEN", "CLICK", enabled=False)
    assert await marks(room, await send(room, ConfigurationSetName=SET)) == (False, False)


async def test_engagement_metrics_of_the_account_ask_unless_the_set_does_not_want_them(room: Room) -> None:
    attributes = {"VdmEnabled": "ENABLED", "DashboardAttributes": {"EngagementMetrics": "ENABLED"}}
    await room.call("sesv2", "PutAccountVdmAttributes", VdmAttributes=attributes)
    assert await marks(room, await send(room)) == (True, True)
    assert await marks(room, await send(room, ConfigurationSetName=SET)) == (True, True)
    options = {"DashboardOptions": {"EngagementMetrics": "DISABLED"}}
    await room.call("sesv2", "PutConfigurationSetVdmOptions", ConfigurationSetName=SET, VdmOptions=options)
    assert await marks(room, await send(room, ConfigurationSetName=SET)) == (False, False)


async def test_opens_and_clicks_are_counted_once_for_each_visit_and_told_by_insights_and_vdm(
    room: Room,
) -> None:
    await ask_for(room, "OPEN", "CLICK")
    attributes = {"VdmEnabled": "ENABLED", "DashboardAttributes": {"EngagementMetrics": "ENABLED"}}
    await room.call("sesv2", "PutAccountVdmAttributes", VdmAttributes=attributes)
    message_id = await send(room, ConfigurationSetName=SET)
    for _ in range(3):
        await visit(room, message_id)
    clicked = await visit(room, message_id, link=LINK, agent="curl/8")
    assert clicked is not None
    assert clicked.weight == 1
    assert clicked.detail == {
        "ipAddress": "203.0.113.77",
        "userAgent": "curl/8",
        "isBotEvent": "Likely",
        "link": "https://example.com/",
        "linkTags": {"place": ["top"]},
        "tags": {TAG: ["machine"]},
    }
    await room.settle()
    assert room.audit().differences == []

    insights = await room.call("sesv2", "GetMessageInsights", MessageId=message_id)
    [insight] = insights["Insights"]
    assert [event["Type"] for event in insight["Events"]][-4:] == ["OPEN", "OPEN", "OPEN", "CLICK"]

    counted = {"OPEN": [1], "CLICK": [1], "DELIVERY_OPEN": [1]}
    assert await vdm(room, *counted) == counted
    statistics = await room.call("ses", "GetSendStatistics")
    assert sum(point["DeliveryAttempts"] for point in statistics["SendDataPoints"]) == 1


async def test_deliveries_count_as_tracked_also_where_only_engagement_metrics_ask(room: Room) -> None:
    attributes: dict[str, Any] = {"VdmEnabled": "ENABLED"}
    await room.call("sesv2", "PutAccountVdmAttributes", VdmAttributes=attributes)
    message_id = await send(room)
    assert await vdm(room, "DELIVERY_OPEN", "DELIVERY_CLICK") == {"DELIVERY_OPEN": [], "DELIVERY_CLICK": []}
    attributes["DashboardAttributes"] = {"EngagementMetrics": "ENABLED"}
    await room.call("sesv2", "PutAccountVdmAttributes", VdmAttributes=attributes)
    await visit(room, message_id)
    assert await vdm(room, "OPEN", "DELIVERY_OPEN") == {"OPEN": [1], "DELIVERY_OPEN": [1]}


@pytest.mark.parametrize(
    ("client_ip", "kept"),
    [(ClientIp.FULL, "203.0.113.77"), (ClientIp.TRUNCATED, "203.0.113.0"), (ClientIp.NONE, None)],
)
async def test_of_a_visitors_address_as_much_is_kept_as_the_operator_says(
    room: Room, client_ip: ClientIp, kept: str | None
) -> None:
    message_id = await send(room)
    opened = await visit(room, message_id, replace(TRACKER, client_ip=client_ip))
    assert opened is not None
    assert opened.kind is Kind.OPEN
    assert opened.detail.get("ipAddress") == kept


async def test_a_visit_right_behind_a_delivery_is_a_machines_unless_the_mail_stayed_here(room: Room) -> None:
    message_id = await send(room)
    opened = await visit(room, message_id)
    assert opened is not None
    assert opened.detail["tags"] == {TAG: ["human"]}
    await room.storage.mail.write(lambda tx: _delivered_to(tx, message_id, "192.0.2.25"))
    for seconds, engagement in ((0.5, "machine"), (5.0, "human")):
        opened = await visit(room, message_id, time=room.clock.now() + seconds)
        assert opened is not None
        assert opened.detail["tags"] == {TAG: [engagement]}


def _delivered_to(tx: Tx, message_id: str, peer: str) -> None:
    """Lets the delivery of a message have gone to another server."""
    entry = journal.first(tx, message_id, Kind.DELIVERY)
    assert entry is not None
    journal.replace_detail(tx, entry, {**entry.detail, "remoteMtaIp": peer})


async def test_a_visit_that_nobody_can_place_is_no_event(room: Room) -> None:
    message_id = await send(room)
    last = await visit(room, message_id, time=room.clock.now() + TRACKER.lasting)
    assert last is not None
    assert last.kind is Kind.DELIVERY
    unknown = message_id[:20] + ("0" if message_id[20] != "0" else "1") + message_id[21:]
    assert await visit(room, unknown) is None


async def test_a_visit_that_could_not_be_journalled_is_tried_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "_PAUSES", (0.0, 0.0, 0.0))
    message_id = await send(room)
    attempts = 0

    class FullAtFirst:
        async def write(self, work: Callable[[Tx], T], lane: Lane = Lane.NORMAL) -> T:
            nonlocal attempts
            attempts += 1
            if attempts < 3:
                raise apsw.FullError("database or disk is full")
            return await room.storage.mail.write(work, lane)

        async def read(self, work: Callable[[Tx], T]) -> T:
            return await room.storage.mail.read(work)

    app = tracking.tracking_mount(FullAtFirst(), TRACKER, room.clock).app
    scope = {
        "method": "GET",
        "path": f"/o/{TRACKER.tokens.for_open(message_id)}.gif",
        "headers": [],
        "client": ("203.0.113.7", 1),
    }

    async def ignore(message: MutableMapping[str, Any]) -> None: ...

    async def nothing() -> MutableMapping[str, Any]:
        return {}

    await app(scope, nothing, ignore)
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    assert [entry.kind for entry in entries].count(Kind.OPEN) == 1
    assert attempts == 3
