"""Mail of the service itself is queued whole: whoever sees it in the queue finds all that belongs to it."""

from pathlib import Path

from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.delivery import batch, queue
from mailgauge.delivery.batch import Leased
from mailgauge.delivery.row import Stage
from mailgauge.events import journal
from mailgauge.events.facts import Facts
from mailgauge.ses.system_mail import system_mail
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx

HERE = Scope("123456789012", "eu-west-1")


async def test_nobody_leases_a_letter_before_its_facts_are_there(tmp_path: Path) -> None:
    clock = ManualClock()
    store = SqliteStore.open(tmp_path / "mail.db", [queue.SCHEMA, journal.SCHEMA])
    send = system_mail(clock, "Service", "mail.example", lambda: None)

    def lease(tx: Tx) -> list[tuple[Leased, Facts | None]]:
        leased = batch.lease(
            tx, Stage.PREPARE, now=clock.now(), monotonic=clock.monotonic(), hold=60, limit=10
        )
        known = journal.get_facts(tx, [each.row.message_id for each in leased])
        return [(each, known.get(each.row.message_id)) for each in leased]

    def send_and_lease(tx: Tx) -> list[tuple[Leased, Facts | None]]:
        send(tx, HERE, "reader@example.com", "Confirm", "Please.")
        # Another's work in a transaction that both share comes before what is left for its end.
        return lease(tx)

    assert await store.write(send_and_lease) == []
    [(leased, facts)] = await store.write(lease)
    assert leased.content is not None
    assert facts is not None
    assert facts.destination == ["reader@example.com"]
    store.close()
