"""Housekeeping: drops what has been kept long enough, in slices so short that nobody waits for them."""

from collections.abc import Callable
from dataclasses import dataclass

from mailgauge.base.clock import Clock
from mailgauge.delivery import contents, transcripts
from mailgauge.destinations import notified, publisher
from mailgauge.events import journal
from mailgauge.events.kinds import Kind
from mailgauge.ses import account, feedback, reactions, templates
from mailgauge.sns import confirmation, deliveries
from mailgauge.sqs.sweeping import sweep
from mailgauge.store.transaction import Lane, Store, Tx
from mailgauge.tsdb.engine import Engine

EVERY = 60.0
SLICE = 500
TEMPLATE_CONTENT_SECONDS = 15 * 86400.0
"""How long a template's content is kept after its name has gone: longer than any message waits to be rendered."""
DEAD_LETTER_SECONDS = 14 * 86400.0
"""How long notifications are kept that could not be delivered: as long as a queue can keep them."""
_EVENTS = tuple(kind for kind in Kind if kind is not Kind.METRIC_DATA)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long, in seconds."""

    content: float
    journal: float
    metric_data: float
    transcripts: float = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Housekeeper:
    mail: Store
    metrics: Store
    engine: Engine
    clock: Clock
    keep: Keep

    async def run(self) -> None:
        while True:
            await self.round()
            await self.clock.sleep_until(self.clock.now() + EVERY)

    async def round(self) -> None:
        """Drops everything that is due now."""
        now = self.clock.now()
        upto = min(
            await self.metrics.read(publisher.position),
            await self.mail.read(lambda tx: min(reactions.position(tx), notified.position(tx))),
        )
        await _until_done(
            self.mail, lambda tx: contents.drop_finished(tx, finished_before=now - self.keep.content)
        )
        await _until_done(
            self.mail, lambda tx: _expire(tx, (Kind.METRIC_DATA,), now - self.keep.metric_data, upto)
        )
        await _until_done(self.mail, lambda tx: _expire(tx, _EVENTS, now - self.keep.journal, upto))
        before = round((now - self.keep.journal) * 1000)
        await _until_done(self.mail, lambda tx: journal.expire_facts(tx, before=before, limit=SLICE))
        await self.mail.write(lambda tx: account.forget_sent(tx, now), Lane.BACKGROUND)
        unused = now - TEMPLATE_CONTENT_SECONDS
        await _until_done(self.mail, lambda tx: templates.forget_content(tx, before=unused, limit=SLICE))
        await _until_done(self.mail, lambda tx: feedback.forget(tx, before=before, limit=SLICE))
        await _until_done(self.mail, lambda tx: sweep(tx, round(now * 1000)))
        said = round((now - self.keep.transcripts) * 1000)
        await _until_done(self.mail, lambda tx: transcripts.expire(tx, before=said, limit=SLICE))
        await _until_done(self.mail, lambda tx: confirmation.forget_expired(tx, now, SLICE))
        given_up = now - DEAD_LETTER_SECONDS
        await _until_done(self.mail, lambda tx: deliveries.expire_dead_letters(tx, given_up, SLICE))
        await _until_done(self.metrics, lambda tx: self.engine.expire(tx, now, SLICE))


def _expire(tx: Tx, kinds: tuple[Kind, ...], before: float, upto: int) -> int:
    return journal.expire(tx, kinds, before=round(before * 1000), upto=upto, limit=SLICE)


async def _until_done(store: Store, work: Callable[[Tx], int]) -> None:
    while await store.write(work, Lane.BACKGROUND):
        pass
