"""A person who is forgotten is nowhere in the database any more, and the books still agree."""

from collections.abc import Iterator
from typing import Any

import pytest

from mailgauge.delivery import queue
from mailgauge.delivery.row import Row, Stage
from mailgauge.events import journal
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.ses import contacts, feedback, forgetting
from mailgauge.ses.engagement import Tracker
from mailgauge.ses.feedback import ComplaintReport
from mailgauge.sns import dead_letters, deliveries
from mailgauge.store.transaction import Tx
from mailgauge.tracking.tokens import Link, Tokens
from mailgauge.tracking.visits import Visit
from tests.server.room import HERE, SENDER, SET, Room

READER, OTHER, LIST = "Joe.Reader@example.net", "ann@example.net", "News"
TRACKER = Tracker(Tokens(b"secret"), lambda: "http://localhost", 60 * 86_400)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def places_of(tx: Tx, text: str) -> set[str]:
    """The tables in which a text is, in any case and in any column."""
    wanted = text.lower().encode()
    tables = [name for (name,) in tx.run("SELECT name FROM sqlite_master WHERE type = 'table'")]

    def found(table: str) -> Iterator[bool]:
        for row in tx.run(f'SELECT * FROM "{table}"'):
            yield any(
                wanted in (each if isinstance(each, bytes) else str(each).encode()).lower() for each in row
            )

    return {table for table in tables if any(found(table))}


async def places(room: Room, text: str) -> set[str]:
    return await room.storage.mail.read(lambda tx: places_of(tx, text))


async def send(room: Room, *to: str, **options: Any) -> str:
    answer = await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": list(to)},
        Content={
            "Simple": {
                "Subject": {"Data": "For everybody"},
                "Body": {"Text": {"Data": f"Dear {to[0]}"}},
                "Headers": [{"Name": "X-Reader", "Value": READER}],
            }
        },
        ConfigurationSetName=SET,
        **options,
    )
    return str(answer["MessageId"])


async def facts_of(room: Room, message_id: str) -> Facts:
    return (await room.storage.mail.read(lambda tx: journal.get_facts(tx, [message_id])))[message_id]


async def visit(room: Room, message_id: str, link: Link | None = None) -> None:
    seen = Visit(message_id, room.clock.now(), "203.0.113.7", AGENT, link)
    await room.storage.mail.write(lambda tx: TRACKER.record(tx, seen))


@pytest.fixture
async def known(room: Room) -> tuple[Room, str, str]:
    """A room that knows the reader in every way there is, with a message to the reader alone and one to two."""
    await room.call("sesv2", "CreateContactList", ContactListName=LIST)
    alone = await send(
        room,
        f"Joe Reader <{READER}>",
        EmailTags=[{"Name": "reader", "Value": READER}],
        ListManagementOptions={"ContactListName": LIST},
    )
    both = await send(room, f"Joe Reader <{READER}>", f"Ann <{OTHER}>")
    await room.settle()
    await visit(room, alone)
    await visit(room, alone, Link(0, "https://example.com/?who=joe.reader%40example.net"))
    report = ComplaintReport("a-report", [READER], "abuse", "a-loop", None, None)
    now = room.clock.now()
    await room.storage.mail.write(lambda tx: feedback.complain(tx, both, report, now))
    await room.settle()
    return room, alone, both


async def test_nothing_in_the_database_names_who_is_forgotten(known: tuple[Room, str, str]) -> None:
    room, alone, both = known
    before = await places(room, READER)
    assert before >= {
        "message_facts",
        "journal",
        "content",
        "mailbox_message",
        "attempt",
        "feedback_seen",
        "contact",
    }
    assert "suppressed_destination" in before

    done = await forgetting.forget(room.storage.mail, READER.lower(), refusals=True)
    assert await places(room, READER) == set()
    assert await places(room, "Joe Reader") == set()
    assert await places(room, "203.0.113.7") == set()
    assert (done.messages, done.contents, done.captured, done.waiting) == (2, 2, 2, [])
    assert (done.contacts, done.suppressions, done.refusals) == (1, 1, 0)
    assert room.audit().differences == []

    assert (await facts_of(room, alone)).destination == ["forgotten-0@invalid"]
    facts = await facts_of(room, both)
    assert facts.destination == ["forgotten-0@invalid", OTHER]
    assert facts.common_headers["to"] == ["forgotten-0@invalid", f"Ann <{OTHER}>"]
    assert dict(facts.headers)["Subject"] == "For everybody"
    opened, clicked = (await room.storage.mail.read(lambda tx: journal.of_message(tx, alone)))[-2:]
    assert (opened.kind, clicked.kind) == (Kind.OPEN, Kind.CLICK)
    assert opened.detail == {"isBotEvent": "Unlikely", "tags": {"mailgauge:engagement": ["human"]}}
    assert clicked.detail["link"] == "https://example.com/?who=forgotten-0@invalid"

    await visit(room, alone)
    assert await places(room, "203.0.113.7") == set()
    again = await forgetting.forget(room.storage.mail, READER, refusals=True)
    assert (again.messages, again.captured, again.contacts) == (0, 0, 0)


async def test_a_complaint_that_comes_again_is_still_told_once(known: tuple[Room, str, str]) -> None:
    room, _, both = known
    await forgetting.forget(room.storage.mail, READER)
    report = ComplaintReport("another", ["forgotten-0@invalid"], "abuse", None, None, None)
    now = room.clock.now()
    await room.storage.mail.write(lambda tx: feedback.complain(tx, both, report, now))
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, both))
    assert [each.kind for each in entries].count(Kind.COMPLAINT) == 1


async def test_who_wants_no_mail_is_not_forgotten_unless_asked(known: tuple[Room, str, str]) -> None:
    room, _, _ = known
    await room.call("sesv2", "UpdateContact", ContactListName=LIST, EmailAddress=READER, UnsubscribeAll=True)
    done = await forgetting.forget(room.storage.mail, READER)
    assert (done.contacts, done.suppressions, done.refusals) == (0, 0, 2)
    assert await places(room, READER) == {"suppressed_destination", "contact"}
    contact = await room.storage.mail.read(lambda tx: contacts.find(tx, HERE, LIST, READER))
    assert contact is not None
    assert contact.unsubscribe_all


async def test_mail_on_its_way_is_left_and_named(known: tuple[Room, str, str]) -> None:
    room, alone, _ = known
    row = Row(alone, Stage.DELIVER, HERE, SET, 0.0, 4e9, False, recipient=OTHER, site="x", due=4e9)
    await room.storage.mail.write(lambda tx: queue.add(tx, [row]))
    done = await forgetting.forget(room.storage.mail, READER)
    assert (done.messages, done.waiting) == (1, [alone])
    assert (await facts_of(room, alone)).destination == [READER]


async def test_others_with_an_address_like_it_are_not_touched(known: tuple[Room, str, str]) -> None:
    room, _, both = known
    for like in ("reader@example.net", "joe.reader@example.net.example", "xjoe.reader@example.net"):
        done = await forgetting.forget(room.storage.mail, like)
        assert (done.messages, done.captured, done.contacts) == (0, 0, 0)
    assert (await facts_of(room, both)).destination == [READER, OTHER]


async def test_what_metrics_are_counted_by_stays(room: Room) -> None:
    message_id = await send(room, READER, EmailTags=[{"Name": "campaign", "Value": READER}])
    await room.until_delivered()
    await forgetting.forget(room.storage.mail, READER)
    await room.settle()
    assert (await facts_of(room, message_id)).tags["campaign"] == [READER]
    assert room.audit().differences == []


async def test_notifications_that_reached_nobody_go_with_the_person_they_are_about(room: Room) -> None:
    await room.call(
        "sesv2",
        "CreateConfigurationSetEventDestination",
        ConfigurationSetName=SET,
        EventDestinationName="topic",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND"],
            "SnsDestination": {"TopicArn": await room.topic("events")},
        },
    )
    await send(room, READER)
    await room.send(OTHER)
    await room.send(f"x-{READER}")
    await room.settle()

    def give_up(tx: Tx) -> None:
        now = room.clock.now()
        for each in deliveries.lease(tx, now=now, monotonic=room.clock.monotonic(), hold=60, limit=100):
            deliveries.bury(tx, each, "nobody is there", now)

    await room.storage.mail.write(give_up)
    assert "topic_dead_letter" in await places(room, READER)
    done = await forgetting.forget(room.storage.mail, READER)
    assert done.dead_letters == 1
    assert await room.storage.mail.read(dead_letters.count) == 3, "two of others, and the greeting"
    assert "topic_dead_letter" in await places(room, f"x-{READER}")
