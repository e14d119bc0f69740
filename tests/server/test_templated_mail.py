"""Templated mail in the books: every message has one outcome, its quota counts when it is accepted, and nothing is lost."""

import asyncio
from typing import Any

from mailgauge.delivery import contents
from mailgauge.delivery.row import Stage
from mailgauge.events import journal
from mailgauge.events.kinds import Kind
from mailgauge.ses import templates
from mailgauge.store.transaction import Tx
from tests.server.room import HERE, SENDER, SET, Room

ENDLESS = (
    "{{#each l}}{{#each ../l}}{{#each ../../l}}{{#each ../../../l}}x{{/each}}{{/each}}{{/each}}{{/each}}"
)


async def send(room: Room, data: str, *, text: str = "Dear {{name}}", to: str = "kept@example.net") -> str:
    content = {"TemplateContent": {"Subject": "For {{name}}", "Text": text}, "TemplateData": data}
    answer: dict[str, Any] = await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [to, "second@example.net"]},
        Content={"Template": content},
        ConfigurationSetName=SET,
    )
    return str(answer["MessageId"])


async def kinds(room: Room, message_id: str) -> list[Kind]:
    return [
        entry.kind for entry in await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    ]


async def test_the_audit_agrees_on_rendered_failed_and_waiting_messages(room: Room) -> None:
    rendered = await send(room, '{"name": "you"}')
    failed = await send(room, "{}")
    injecting = await send(room, '{"name": "you\\r\\nBcc: all@example.net"}')
    await room.settle()
    assert await kinds(room, rendered) == [Kind.SEND, Kind.DELIVERY]
    assert await kinds(room, failed) == [Kind.RENDERING_FAILURE]
    assert await kinds(room, injecting) == [Kind.RENDERING_FAILURE]
    report = room.audit()
    assert report.differences == []
    assert (report.messages, report.recipients, report.waiting) == (3, 6, 0)
    await send(room, '{"name": "you"}')
    assert room.audit().agrees


async def test_a_failed_rendering_counts_against_the_quota(room: Room) -> None:
    await send(room, "{}")
    assert (await room.call("ses", "GetSendQuota"))["SentLast24Hours"] == 2.0


async def test_a_failed_rendering_is_published_to_the_destinations_that_ask_for_it(room: Room) -> None:
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    await room.call(
        "sesv2",
        "CreateConfigurationSetEventDestination",
        ConfigurationSetName=SET,
        EventDestinationName="failures",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["RENDERING_FAILURE"],
            "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
        },
    )
    await send(room, "{}")
    await room.settle()
    listed = await room.call("cloudwatch", "ListMetrics", Namespace="AWS/SES", MetricName="RenderingFailure")
    found = [metric["Dimensions"] for metric in listed["Metrics"]]
    assert [{"Name": "campaign", "Value": "none"}] in found
    assert room.audit().agrees


async def test_slow_templates_let_the_others_pass(room: Room) -> None:
    data = '{"name": "you", "l": [' + ",".join(map(str, range(400))) + "]}"
    slow = [await send(room, data, text=ENDLESS) for _ in range(3)]
    quick = await send(room, '{"name": "you"}')
    await room.until(lambda tx: Kind.DELIVERY in [e.kind for e in journal.of_message(tx, quick)])
    assert await kinds(room, slow[-1]) == []
    await room.settle()
    for message_id in slow:
        assert await kinds(room, message_id) == [Kind.RENDERING_FAILURE]
    assert room.audit().agrees


async def test_facts_get_the_rendered_subject(room: Room) -> None:
    message_id = await send(room, '{"name": "you"}')
    await room.settle()
    facts = (await room.storage.mail.read(lambda tx: journal.get_facts(tx, [message_id])))[message_id]
    assert facts.common_headers["subject"] == "For you"
    assert facts.configuration_set == SET


async def test_content_that_is_lost_costs_its_own_message_only(room: Room) -> None:
    broken = await send(room, '{"name": "you"}', to="lost@example.net")

    def lose(tx: Tx) -> bool:
        contents.discard(tx, broken)
        return bool(tx.run("SELECT 1 FROM queue WHERE stage = ?", (int(Stage.RENDER),)))

    await room.storage.mail.write(lose)
    quick = await send(room, '{"name": "you"}')
    await room.until(lambda tx: Kind.DELIVERY in [e.kind for e in journal.of_message(tx, quick)])


async def test_contents_nobody_names_go_when_no_message_can_need_them(room: Room) -> None:
    await send(room, '{"name": "you"}')
    await room.settle()
    count = "SELECT count(*) FROM template_content"
    await room.housekeeper.round()
    assert await room.storage.mail.read(lambda tx: tx.run(count)) == [(1,)]
    room.clock.step(16 * 86400)
    await room.call(
        "ses", "CreateTemplate", Template={"TemplateName": "t", "SubjectPart": "s", "TextPart": "t"}
    )
    await room.housekeeper.round()
    assert await room.storage.mail.read(lambda tx: tx.run(count)) == [(1,)]
    kept = await room.storage.mail.read(lambda tx: templates.get(tx, HERE, "t"))
    assert kept.content.text == "t"


async def test_bulk_sends_share_one_template_content(room: Room) -> None:
    entries = [{"Destination": {"ToAddresses": [f"n{n}@example.net"]}} for n in range(50)]
    results = await room.call(
        "sesv2",
        "SendBulkEmail",
        FromEmailAddress=SENDER,
        DefaultContent={"Template": {"TemplateContent": {"Subject": "s", "Text": "t"}}},
        BulkEmailEntries=entries,
    )
    assert {each["Status"] for each in results["BulkEmailEntryResults"]} == {"SUCCESS"}
    await asyncio.wait_for(room.settle(), 60)
    assert room.audit().agrees
    assert await room.storage.mail.read(lambda tx: tx.run("SELECT count(*) FROM template_content")) == [(1,)]
