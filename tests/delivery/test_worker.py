"""The delivery worker against a real SMTP server: what is delivered, tried again, and given up."""

import asyncio

import pytest

from mailgauge.delivery import queue, worker
from mailgauge.events import journal
from mailgauge.events.kinds import Kind
from mailgauge.mail import verp
from mailgauge.smtp.client import Tls
from tests.delivery.world import SECRET, World, poll


async def test_recipients_at_one_site_travel_in_one_transaction(world: World) -> None:
    message_id = await world.enqueue("a@example.com", "b@example.com")
    [entry] = await world.deliver()
    [envelope] = world.receiver.messages
    assert envelope.recipients == ["a@example.com", "b@example.com"]
    assert verp.message_of(envelope.mail_from, SECRET) == message_id
    assert (entry.kind, entry.weight) == (Kind.DELIVERY, 2)
    assert await world.store.read(queue.waiting) == {"prepare": 0, "deliver": 0}


async def test_each_recipient_gets_the_outcome_of_its_own(world: World) -> None:
    world.receiver.replies = {"b@example.com": "550 5.1.1 user unknown", "c@example.com": "451 4.3.0 later"}
    await world.enqueue("a@example.com", "b@example.com", "c@example.com")
    kinds = {entry.kind for entry in await world.deliver()}
    assert kinds == {Kind.DELIVERY, Kind.BOUNCE, Kind.DELIVERY_DELAY}
    assert await world.store.read(queue.waiting) == {"prepare": 0, "deliver": 1}


async def test_a_deferred_recipient_is_tried_again_when_it_is_due(world: World) -> None:
    world.receiver.replies = {"c@example.com": "451 4.3.0 later"}
    await world.enqueue("c@example.com")
    await world.deliver()
    world.receiver.replies.clear()
    assert [entry.kind for entry in await world.deliver()] == [Kind.DELIVERY_DELAY]
    world.clock.step(60)
    assert [entry.kind for entry in await world.deliver()] == [Kind.DELIVERY_DELAY, Kind.DELIVERY]


async def test_large_content_arrives_whole(world: World) -> None:
    content = b"Subject: large\r\n\r\n" + b"0123456789abcdef\r\n" * 200_000
    await world.enqueue("a@example.com", content=content)
    await world.deliver()
    assert world.receiver.messages[0].content == content


async def test_a_message_whose_content_is_lost_is_given_up_in_its_time_and_holds_up_no_other(
    world: World,
) -> None:
    await world.enqueue("lost@example.com", content=None)
    await world.enqueue("fine@example.com")
    kinds = sorted(entry.kind for entry in await world.deliver())
    assert kinds == [Kind.DELIVERY, Kind.DELIVERY_DELAY]
    world.clock.step(3600)
    [*_, last] = await world.deliver()
    assert (last.kind, last.detail["bounceType"]) == (Kind.BOUNCE, "Transient")


async def test_an_attempt_is_broken_off_before_its_rows_are_anybody_elses(world: World) -> None:
    world.receiver.stalls = {"slow@example.com"}
    world.worker.hold = 0.2
    message_id = await world.enqueue("slow@example.com")
    [delay] = await world.deliver()
    assert delay.kind is Kind.DELIVERY_DELAY
    assert "took too long" in delay.detail["recipients"][0]["diagnosticCode"]
    [kept] = await world.transcript(message_id)
    assert kept.dialogue is not None
    assert "C: RCPT TO:<slow@example.com>" in [line for _, line in kept.dialogue]


async def test_what_waited_for_longer_than_its_lease_is_given_back_unattempted(world: World) -> None:
    await world.enqueue("a@example.com")
    world.worker.hold = 0.0
    assert await world.deliver() == []
    world.worker.hold = 900.0
    assert [entry.kind for entry in await world.deliver()] == [Kind.DELIVERY]


async def test_mail_of_a_set_leaves_from_the_addresses_of_its_pool(world: World) -> None:
    world.worker.sources = lambda tx, row: ["2001:db8::7", "127.0.0.2"]
    await world.enqueue("a@example.com", configuration_set="news")
    await world.deliver()
    await world.enqueue("a@example.com")
    await world.deliver()
    assert [envelope.peer for envelope in world.receiver.messages] == ["127.0.0.2", "127.0.0.1"]


async def test_an_address_that_is_not_ours_delays_the_mail_that_must_leave_from_it(world: World) -> None:
    world.worker.sources = lambda tx, row: ["192.0.2.99"]
    await world.enqueue("a@example.com", configuration_set="news")
    assert [entry.kind for entry in await world.deliver()] == [Kind.DELIVERY_DELAY]


async def test_a_destination_that_stands_still_keeps_no_other_waiting(world: World) -> None:
    world.receiver.stalls = {f"{number}@slow.example" for number in range(100)}
    for each in world.receiver.stalls:
        await world.enqueue(each)
    await world.enqueue("a@quick.example")
    world.tasks.keep("deliver", world.worker.run)
    await poll(lambda: world.receiver.messages)
    [envelope] = world.receiver.messages
    assert envelope.recipients == ["a@quick.example"]


async def test_everything_is_delivered_however_much_there_is_and_wherever_to(world: World) -> None:
    wanted = {f"{n}@{site}.example" for n in range(100) for site in ("quick", "other")}
    for each in wanted:
        await world.enqueue(each)
    world.tasks.keep("deliver", world.worker.run)
    await poll(lambda: len(world.receiver.messages) >= len(wanted))
    assert {each for envelope in world.receiver.messages for each in envelope.recipients} == wanted


async def test_a_stop_waits_for_the_answer_to_what_was_sent(world: World) -> None:
    await world.enqueue("a@example.com")
    world.receiver.answering.clear()
    world.tasks.keep("deliver", world.worker.run)
    await poll(lambda: world.receiver.messages)
    stop = asyncio.gather(world.worker.stop())
    await asyncio.sleep(0)
    await world.enqueue("b@example.com")
    world.receiver.answering.set()
    await stop
    await world.tasks.close()
    [entry] = await world.store.read(lambda tx: journal.read(tx, 0, 100))
    assert entry.kind is Kind.DELIVERY
    assert await world.worker.deliver_due() == 0, "nothing more is leased"
    assert await world.store.read(queue.waiting) == {"prepare": 0, "deliver": 1}


async def test_a_stop_waits_for_nobody_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.1)
    world.receiver.stalls = {"slow@example.com"}
    await world.enqueue("slow@example.com")
    await world.worker.deliver_due()
    async with asyncio.timeout(60):
        await world.worker.stop()


async def test_mail_of_a_set_that_requires_tls_bounces_softly_where_it_is_not_offered(world: World) -> None:
    world.reroute(tls=Tls.OPPORTUNISTIC)
    world.worker.requires_tls = lambda tx, row: row.configuration_set == "private"
    await world.enqueue("a@example.com", configuration_set="private")
    [bounce] = await world.deliver()
    assert (bounce.kind, bounce.detail["bounceType"], bounce.detail["bounceSubType"]) == (
        Kind.BOUNCE,
        "Transient",
        "General",
    )
    assert world.receiver.messages == []
    await world.enqueue("a@example.com", configuration_set="news")
    assert [entry.kind for entry in await world.deliver()] == [Kind.BOUNCE, Kind.DELIVERY]


async def test_mail_that_requires_tls_is_tried_again_while_a_host_may_still_offer_it(world: World) -> None:
    world.reroute("127.0.0.3", "127.0.0.1", tls=Tls.OPPORTUNISTIC)
    world.worker.requires_tls = lambda tx, row: True
    await world.enqueue("a@example.com", configuration_set="private")
    assert [entry.kind for entry in await world.deliver()] == [Kind.DELIVERY_DELAY]
