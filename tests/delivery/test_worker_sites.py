"""The delivery worker and the sites it delivers to: several hosts, shared hosts, hosts that are slow, away or busy."""

import pytest

from mailgauge.delivery import leasing, queue
from mailgauge.delivery.sites import Sites
from mailgauge.delivery.transport import NoRoute
from mailgauge.events.kinds import Kind
from mailgauge.mail.status import Reply
from mailgauge.smtp.client import Destination, Tls
from mailgauge.smtp.server import Envelope
from tests.delivery.world import Receiver, World, poll, receiving, route

AWAY = Destination("127.0.0.9", 9, tls=Tls.OFF)


async def test_recipients_at_domains_with_the_same_hosts_travel_together(world: World) -> None:
    other = Receiver()
    async with receiving(other, "127.0.0.2") as elsewhere:
        here = Destination("127.0.0.1", world.port, tls=Tls.OFF)
        world.to(one=route("mx", here), two=route("mx", here), three=route("mx3", elsewhere))
        await world.enqueue("a@one.example", "b@two.example", "c@three.example")
        entries = await world.deliver()
    assert [envelope.recipients for envelope in world.receiver.messages] == [
        ["a@one.example", "b@two.example"]
    ]
    assert other.recipients == ["c@three.example"]
    assert sorted((entry.kind, entry.weight) for entry in entries) == [(Kind.DELIVERY, 1), (Kind.DELIVERY, 2)]


async def test_a_transaction_has_a_hundred_recipients_at_most(world: World) -> None:
    await world.enqueue(*(f"{n}@example.com" for n in range(230)))
    await world.deliver()
    assert sorted(len(envelope.recipients) for envelope in world.receiver.messages) == [30, 100, 100]


@pytest.mark.parametrize(
    "refusal", ["452 4.5.3 Too many recipients", "552 too many recipients", "452 4.5.3 no"]
)
async def test_who_is_too_many_for_a_transaction_follows_at_once_in_another(
    world: World, refusal: str
) -> None:
    class Few(Receiver):
        async def on_rcpt(self, envelope: Envelope, address: str) -> str:
            return "250 ok" if len(envelope.recipients) < 2 else refusal

    few = Few()
    async with receiving(few, "127.0.0.2") as there:
        world.to(one=route("mx", there))
        await world.enqueue(*(f"{n}@one.example" for n in range(5)))
        entries = await world.deliver()
    assert [len(envelope.recipients) for envelope in few.messages] == [2, 2, 1]
    assert [(entry.kind, entry.weight) for entry in entries] == [(Kind.DELIVERY, n) for n in (2, 2, 1)]


async def test_the_next_host_takes_what_the_first_does_not(world: World) -> None:
    full, second = Receiver(), Receiver()
    async with (
        receiving(full, "127.0.0.2", most_connections=0) as busy,
        receiving(second, "127.0.0.3") as open_,
    ):
        world.to(one=route("mx", AWAY, busy, open_))
        message_id = await world.enqueue("a@one.example")
        [entry] = await world.deliver()
        assert (entry.kind, entry.detail["remoteMtaIp"]) == (Kind.DELIVERY, "127.0.0.3")
        tried = await world.transcript(message_id)
        assert [each.host.partition(":")[0] for each in tried] == ["127.0.0.9", "127.0.0.2", "127.0.0.3"]
        assert "refused" in tried[0].failure
        assert tried[1].replies["a@one.example"] == Reply(
            421, "4.3.2", "Too many concurrent SMTP connections"
        )
        again = await world.enqueue("b@one.example")
        await world.deliver()
        [first, *_] = await world.transcript(again)
    assert first.host.startswith("127.0.0.3"), "hosts that could not be reached stand behind"


async def test_no_host_at_all_is_one_delay_however_many_there_are(world: World) -> None:
    world.to(one=route("mx", AWAY, Destination("127.0.0.8", 9, tls=Tls.OFF)))
    await world.enqueue("a@one.example")
    [entry] = await world.deliver()
    assert (entry.kind, entry.detail["delayType"]) == (Kind.DELIVERY_DELAY, "TransientCommunicationFailure")


async def test_a_domain_that_takes_no_mail_bounces_and_one_that_is_not_found_out_is_tried_again(
    world: World,
) -> None:
    world.to(
        never=NoRoute(Reply(556, "5.1.10", "never.example takes no mail")),
        later=NoRoute(Reply(451, "4.4.3", "no answer about later.example")),
    )
    message_id = await world.enqueue("a@never.example", "b@later.example")
    entries = {entry.kind: entry for entry in await world.deliver()}
    assert entries[Kind.BOUNCE].detail["bounceType"] == "Permanent"
    assert entries[Kind.DELIVERY_DELAY].detail["recipients"][0]["status"] == "4.4.3"
    assert [each.transport for each in await world.transcript(message_id)] == ["no route"] * 2


async def test_a_site_that_stands_still_holds_up_no_other_and_nothing_that_follows(world: World) -> None:
    stuck = Receiver()
    stuck.answering.clear()
    async with receiving(stuck, "127.0.0.2") as there:
        here = Destination("127.0.0.1", world.port, tls=Tls.OFF)
        world.work(Sites(2))
        world.to(slow=route("stuck", there), quick=route("mx", here))
        for number in range(40):
            await world.enqueue(f"{number}@slow.example")
        world.tasks.keep("deliver", world.worker.run)
        await poll(lambda: len(stuck.messages) == 2)
        for number in range(40):
            await world.enqueue(f"{number}@quick.example")
        world.worker.woken.set()
        await poll(lambda: len(world.receiver.messages) == 40)
        assert len(stuck.messages) == 2, "a site gets two connections"
        assert "stuck" in await world.store.read(queue.lines)
        stuck.answering.set()
        await poll(lambda: len(stuck.messages) == 40)
        await poll(lambda: not world.worker._in_hand)
        assert await world.waiting() == 0
    assert sorted(stuck.recipients) == sorted(f"{number}@slow.example" for number in range(40))


async def test_a_line_survives_a_kill(world: World) -> None:
    stuck = Receiver()
    stuck.answering.clear()
    async with receiving(stuck, "127.0.0.2") as there:
        world.work(Sites(1))
        world.to(slow=route("stuck", there))
        for number in range(10):
            await world.enqueue(f"{number}@slow.example")
        world.tasks.keep("deliver", world.worker.run)
        await poll(lambda: stuck.messages and world.worker._in_hand == 2)
        await world.restart()
        stuck.answering.set()
        stuck.messages.clear()
        world.tasks.keep("deliver", world.worker.run)
        await poll(lambda: len(stuck.messages) == 10)
        await poll(lambda: not world.worker._in_hand)
    assert await world.waiting() == 0


async def test_a_site_that_throttles_is_left_alone_and_gets_all_once_it_recovers(world: World) -> None:
    world.receiver.replies = {f"{n}@one.example": "421 4.7.0 too fast" for n in range(20)}
    world.work(Sites(2))
    world.to(one=route("mx", Destination("127.0.0.1", world.port, tls=Tls.OFF)))
    for number in range(20):
        await world.enqueue(f"{number}@one.example")
    for _ in range(3):
        await world.deliver()
    delayed = len(await world.events())
    assert delayed < 20, "the others stand in line, without having been tried"
    assert await world.waiting() == 20
    world.receiver.replies.clear()
    for _ in range(20):
        world.clock.step(60)
        await world.deliver()
    assert sorted(world.receiver.recipients) == sorted(f"{n}@one.example" for n in range(20))
    assert await world.waiting() == 0


async def test_what_stands_in_the_line_of_a_dead_site_bounces_when_its_time_is_over(world: World) -> None:
    world.work(Sites(1))
    world.to(one=route("mx", AWAY))
    for number in range(10):
        await world.enqueue(f"{number}@one.example")
    for _ in range(3):
        await world.deliver()
    for _ in range(3):
        world.clock.step(3600)
        await world.deliver()
        world.clock.step(1)
        await world.deliver()
    entries = await world.events()
    bounced = [
        each["emailAddress"] for e in entries if e.kind is Kind.BOUNCE for each in e.detail["recipients"]
    ]
    assert sorted(bounced) == sorted(f"{number}@one.example" for number in range(10))
    assert {e.detail["bounceType"] for e in entries if e.kind is Kind.BOUNCE} == {"Transient"}
    assert await world.waiting() == 0


async def test_so_many_messages_a_second_and_no_more(world: World) -> None:
    world.work(Sites(10, 2.0))
    world.to(one=route("mx", Destination("127.0.0.1", world.port, tls=Tls.OFF)))
    for number in range(6):
        await world.enqueue(f"{number}@one.example")
    counts = []
    for _ in range(4):
        await world.deliver()
        counts.append(len(world.receiver.messages))
        world.clock.step(0.5)
    assert counts == [2, 3, 4, 5]


async def test_a_line_that_could_not_be_leased_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.work(Sites(1))
    world.to(one=route("mx", Destination("127.0.0.1", world.port, tls=Tls.OFF)))
    for number in range(4):
        await world.enqueue(f"{number}@one.example")
    await world.deliver()
    assert await world.waiting() == 2
    with monkeypatch.context() as full:
        full.setattr(leasing, "lease", unwritable)
        with pytest.raises(OSError, match="full"):
            await world.deliver()
    await world.deliver()
    assert await world.waiting() == 0


async def test_what_was_leased_from_a_line_and_given_back_is_found_again(world: World) -> None:
    world.work(Sites(1))
    world.to(one=route("mx", Destination("127.0.0.1", world.port, tls=Tls.OFF)))
    for number in range(4):
        await world.enqueue(f"{number}@one.example")
    await world.deliver()
    world.worker.hold = 0.0
    await world.deliver()
    assert await world.waiting() == 2
    world.worker.hold = 900.0
    world.clock.step(60)
    await world.deliver()
    assert await world.waiting() == 0


def unwritable(*_: object) -> None:
    raise OSError("the disk is full")
