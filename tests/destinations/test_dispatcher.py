"""The dispatcher: each event is published once to each topic that wants it, whatever happens to the dispatcher."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.destinations import dispatcher as dispatching
from mailgauge.destinations import notified, versions
from mailgauge.destinations.definitions import (
    CloudWatchTarget,
    Dimension,
    EventDestination,
    SnsTarget,
    Source,
    encode,
)
from mailgauge.destinations.dispatcher import BATCH, LOOK, Dispatcher
from mailgauge.destinations.notices import SUBJECT, Outcome, Recipient
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.sns import message as messages
from mailgauge.sns import schema as sns
from mailgauge.sns import subscription_rows, topics
from mailgauge.sns.message import Message
from mailgauge.sns.model import State, Subscription, Topic
from mailgauge.store.migrations import Schema
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from tests.destinations.failing_store import FailingStore

SCOPE = Scope("111122223333", "eu-west-1")
START = 1_750_000_000
EVENTS, OTHERS = Topic(SCOPE, "events"), Topic(SCOPE, "others")
TABLES = (journal.SCHEMA, versions.SCHEMA, sns.SCHEMA, notified.SCHEMA)


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[FailingStore]:
    store = SqliteStore.open(tmp_path / "mail.db", TABLES)
    yield FailingStore(store)
    store.close()


@pytest.fixture
def dispatcher(mail: FailingStore) -> Dispatcher:
    return Dispatcher(mail, ManualClock(START))


async def make_topics(mail: FailingStore, *some: Topic) -> None:
    """Each with somebody who listens, or nothing would be kept."""

    def work(tx: Tx) -> None:
        for topic in some:
            topics.add(tx, topic)
            subscription_rows.add(
                tx,
                Subscription(
                    sns.next_id(tx), f"uid-{topic.name}", SCOPE, topic.name, SCOPE, "sqs", f"arn:{topic.name}",
                    State.CONFIRMED, {}, "", 0,
                ),
            )  # fmt: skip

    await mail.store.write(work)


def destination(topic: Topic, *kinds: Kind, name: str = "told", enabled: bool = True) -> EventDestination:
    return EventDestination(name, enabled, frozenset(kinds or {Kind.SEND}), SnsTarget(topic.arn))


async def version_of(mail: FailingStore, *destinations: EventDestination) -> int:
    return await mail.store.write(lambda tx: versions.put(tx, SCOPE, "news", destinations, START))


async def journalled(
    mail: FailingStore, version: int | None, *kinds: Kind, detail: Any = None, known: bool = True
) -> str:
    """A message with an entry of each kind."""
    message = new_message_id("eu-west-1", START)
    facts = Facts(
        message_id=message,
        time=START,
        account=SCOPE.account,
        region=SCOPE.region,
        source="a@example.com",
        destination=["b@example.net"],
        tags={"campaign": ["spring"]},
    )

    def work(tx: Tx) -> None:
        if known:
            journal.put_facts(tx, facts)
        for kind in kinds or (Kind.SEND,):
            journal.append(tx, Entry(START * 1000, SCOPE, kind, message, version, 1, detail or {}))

    await mail.store.write(work)
    return message


def published(tx: Tx) -> list[tuple[str, Message]]:
    rows = tx.run("SELECT topic, message FROM publication ORDER BY id")
    return [(topic, messages.decode(blob)) for topic, blob in rows]


async def told(mail: FailingStore) -> list[tuple[str, str, str]]:
    """Topic, event type and message id of all that was published."""
    found = []
    for topic, message in await mail.store.read(published):
        document = orjson.loads(message.body)
        found.append((topic, document["eventType"], document["mail"]["messageId"]))
    return found


async def counted(mail: FailingStore) -> dict[tuple[str, Outcome], int]:
    found = await mail.store.read(notified.counts)
    return {(each.recipient.name, each.outcome): each.count for each in found}


async def drain(dispatcher: Dispatcher) -> None:
    while await dispatcher.dispatch():
        pass


async def test_events_go_to_the_topics_that_want_their_type(
    mail: FailingStore, dispatcher: Dispatcher
) -> None:
    await make_topics(mail, EVENTS, OTHERS)
    version = await version_of(
        mail,
        destination(EVENTS, Kind.SEND, Kind.REJECT),
        destination(OTHERS, Kind.REJECT, name="also"),
        destination(OTHERS, Kind.SEND, name="off", enabled=False),
    )
    message = await journalled(mail, version, Kind.SEND, Kind.REJECT, detail={"reason": "Bad content"})
    await journalled(mail, None)
    await drain(dispatcher)
    assert await told(mail) == [
        ("events", "Send", message),
        ("events", "Reject", message),
        ("others", "Reject", message),
    ]
    [(_, first), *_] = await mail.store.read(published)
    assert first.subject == SUBJECT
    assert orjson.loads(first.body)["mail"]["tags"] == {"campaign": ["spring"]}
    assert await counted(mail) == {("told", Outcome.PUBLISHED): 2, ("also", Outcome.PUBLISHED): 1}


async def test_what_fails_to_commit_is_published_by_the_next_attempt_and_once(
    mail: FailingStore, dispatcher: Dispatcher
) -> None:
    await make_topics(mail, EVENTS)
    message = await journalled(mail, await version_of(mail, destination(EVENTS)))
    mail.failures = 2
    for _ in range(2):
        with pytest.raises(OSError, match="disk is full"):
            await dispatcher.dispatch()
        assert await told(mail) == []
    await drain(dispatcher)
    await drain(dispatcher)
    assert await told(mail) == [("events", "Send", message)]


async def test_two_dispatchers_publish_nothing_twice(
    mail: FailingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_topics(mail, EVENTS)
    version = await version_of(mail, destination(EVENTS))
    sent = [await journalled(mail, version) for _ in range(3)]
    one, other = (Dispatcher(mail, ManualClock(START)) for _ in range(2))
    plan = dispatching._plan
    late = await mail.store.read(lambda tx: plan(tx, None))
    await drain(one)
    with monkeypatch.context() as patched:
        patched.setattr(dispatching, "_plan", lambda tx, others: late)
        assert await other.dispatch(), "it has to look again"
    await drain(other)
    assert [message for _, _, message in await told(mail)] == sent


async def test_a_topic_that_is_gone_holds_up_nothing_and_is_counted(
    mail: FailingStore, dispatcher: Dispatcher
) -> None:
    await make_topics(mail, EVENTS)
    gone, elsewhere = Topic(SCOPE, "gone"), Topic(Scope("999988887777", SCOPE.region), "events")
    version = await version_of(
        mail, destination(gone, name="gone"), destination(elsewhere, name="strange"), destination(EVENTS)
    )
    message = await journalled(mail, version)
    await drain(dispatcher)
    assert await told(mail) == [("events", "Send", message)]
    assert await counted(mail) == {
        ("gone", Outcome.NO_TOPIC): 1,
        ("strange", Outcome.NO_TOPIC): 1,
        ("told", Outcome.PUBLISHED): 1,
    }
    lost = await mail.store.read(lambda tx: notified.dropped_since(tx, START - 1, 10))
    assert {each.recipient for each in lost} == {
        Recipient(SCOPE, version, name) for name in ("gone", "strange")
    }
    assert await mail.store.read(lambda tx: notified.dropped_since(tx, START, 10)) == []
    assert await mail.store.read(notified.totals) == (1, 2)


@pytest.mark.parametrize(
    ("principal", "source", "outcome"),
    [
        ({"Service": "ses.amazonaws.com"}, SCOPE.account, Outcome.PUBLISHED),
        ({"Service": "ses.amazonaws.com"}, "444455556666", Outcome.NO_TOPIC),
        ({"Service": "sqs.amazonaws.com"}, SCOPE.account, Outcome.NO_TOPIC),
        ({"AWS": f"arn:aws:iam::{SCOPE.account}:root"}, SCOPE.account, Outcome.NO_TOPIC),
    ],
)
async def test_the_policy_of_another_accounts_topic_decides(
    mail: FailingStore, dispatcher: Dispatcher, principal: dict[str, str], source: str, outcome: Outcome
) -> None:
    owner = Scope("999988887777", SCOPE.region)
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "sns:Publish",
        "Resource": Topic(owner, "shared").arn,
        "Condition": {"StringEquals": {"AWS:SourceAccount": source}},
    }
    policy = orjson.dumps({"Version": "2012-10-17", "Statement": [statement]}).decode()
    shared = Topic(owner, "shared", {"Policy": policy})
    await mail.store.write(lambda tx: topics.add(tx, shared))
    await journalled(mail, await version_of(mail, destination(shared)))
    await drain(dispatcher)
    assert await counted(mail) == {("told", outcome): 1}


async def test_fifo_topics_take_no_events(mail: FailingStore, dispatcher: Dispatcher) -> None:
    fifo = Topic(SCOPE, "events.fifo", {"FifoTopic": "true"})
    await mail.store.write(lambda tx: topics.add(tx, fifo))
    await journalled(mail, await version_of(mail, destination(fifo)))
    await drain(dispatcher)
    assert await counted(mail) == {("told", Outcome.NO_TOPIC): 1}


async def test_an_event_that_no_topic_takes_is_counted(mail: FailingStore, dispatcher: Dispatcher) -> None:
    await make_topics(mail, EVENTS)
    await journalled(
        mail,
        await version_of(mail, destination(EVENTS, Kind.REJECT)),
        Kind.REJECT,
        detail={"reason": "x" * 300_000},
    )
    await drain(dispatcher)
    assert await counted(mail) == {("told", Outcome.TOO_LONG): 1}


async def test_what_can_not_be_told_holds_up_nothing_either(
    mail: FailingStore, dispatcher: Dispatcher
) -> None:
    await make_topics(mail, EVENTS)
    version = await version_of(mail, destination(EVENTS, Kind.SEND, Kind.BOUNCE))
    await journalled(mail, version, Kind.BOUNCE)  # without its detail no document can be made
    await journalled(mail, version, known=False)
    message = await journalled(mail, version)
    await drain(dispatcher)
    assert await told(mail) == [("events", "Send", message)]
    assert await counted(mail) == {
        ("told", Outcome.NO_DOCUMENT): 1,
        ("told", Outcome.MESSAGE_UNKNOWN): 1,
        ("told", Outcome.PUBLISHED): 1,
    }


async def test_many_events_are_published_in_order_and_in_several_transactions(
    mail: FailingStore, dispatcher: Dispatcher
) -> None:
    await make_topics(mail, EVENTS)
    version = await version_of(mail, destination(EVENTS))
    sent = [await journalled(mail, version) for _ in range(BATCH + 5)]
    await drain(dispatcher)
    assert [message for _, _, message in await told(mail)] == sent
    assert mail.writes > 1


async def test_a_transaction_ends_when_it_takes_too_long(mail: FailingStore) -> None:
    class Slow(ManualClock):
        """Each look at it takes a second."""

        seen = 0

        def monotonic(self) -> float:
            self.seen += 1
            return float(self.seen)

    await make_topics(mail, EVENTS)
    version = await version_of(mail, destination(EVENTS))
    sent = [await journalled(mail, version) for _ in range(4)]
    await drain(Dispatcher(mail, Slow(START)))
    assert [message for _, _, message in await told(mail)] == sent
    assert mail.writes == 4


async def test_where_nobody_asks_nothing_is_read(mail: FailingStore, dispatcher: Dispatcher) -> None:
    metrics = CloudWatchTarget((Dimension("campaign", Source.MESSAGE_TAG, "none"),))
    version = await version_of(mail, EventDestination("counted", True, frozenset({Kind.SEND}), metrics))
    await journalled(mail, version, *([Kind.SEND] * (LOOK + 1)))
    assert not await dispatcher.dispatch()
    assert mail.writes == 1
    assert await mail.store.read(notified.position) == LOOK + 1
    assert not await dispatcher.dispatch()
    assert mail.writes == 1, "an idle journal is left alone"


async def test_what_was_before_a_destination_is_not_published_to_it(
    mail: FailingStore, dispatcher: Dispatcher
) -> None:
    await make_topics(mail, EVENTS)
    before = await version_of(mail)
    await journalled(mail, before)
    after = await version_of(mail, destination(EVENTS))
    message = await journalled(mail, after)
    await journalled(mail, before)
    await drain(dispatcher)
    assert await told(mail) == [("events", "Send", message)]


async def test_data_of_a_release_without_topics_is_taken_on(tmp_path: Path) -> None:
    """Its versions are read, and its events are not news any more."""
    first_steps = [Schema(each.name, each.steps[:1]) for each in (journal.SCHEMA, versions.SCHEMA)]
    old = SqliteStore.open(tmp_path / "mail.db", first_steps)
    wanted = (destination(EVENTS, Kind.SEND, Kind.SUBSCRIPTION), destination(OTHERS, Kind.SEND, name="also"))
    off = (destination(EVENTS, enabled=False),)

    def fill(tx: Tx) -> None:
        for number, definition in enumerate((wanted, off, ()), start=1):
            tx.run(
                "INSERT INTO configuration_set_version (id, scope, name, created, definition) VALUES (?, ?, 'news', 0, ?)",
                (number, SCOPE.key, encode(definition)),
            )

    await old.write(fill)
    await journalled(FailingStore(old), 1)
    old.close()
    store = SqliteStore.open(tmp_path / "mail.db", TABLES)
    mail = FailingStore(store)
    await make_topics(mail, EVENTS)
    assert await store.read(lambda tx: versions.notified_kinds(tx, [1, 2, 3])) == {
        1: {Kind.SEND, Kind.SUBSCRIPTION}
    }
    message = await journalled(mail, 1)
    await drain(Dispatcher(mail, ManualClock(START)))
    assert await told(mail) == [("events", "Send", message)]
    assert await store.read(notified.since) == 1
    store.close()
