"""The worker that renders accepted templated messages and hands them on to the prepare stage, or journals why it can't.

What takes longer than a moment goes to a second worker of the same kind with a process of its own, so that nobody else
waits for it. Everything about one message commits together.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Wake
from mailgauge.delivery import queue
from mailgauge.delivery.row import Row, Stage
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.events.weight import weight
from mailgauge.mail import mime
from mailgauge.ses import composing, configuration_sets, templated, templates
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.rendering.work import Job, Limits, Outcome, Problem, Sources
from mailgauge.ses.template_rendering import CHARSET, failure_text, sources
from mailgauge.ses.templated import Templated
from mailgauge.store.transaction import Store, Tx

log = logging.getLogger(__name__)

QUICK = Limits(compiling=0.25, rendering=0.05)
SLOW = Limits(compiling=10.0, rendering=2.0)
HOLD = 300.0
IDLE = 1.0
PAUSE = 300.0
"""Seconds until a message whose facts or content can't be found is looked at again."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Which rows a worker takes, how many at once, and which stage those go to that take too long for it."""

    stage: Stage
    batch: int
    overrun: Stage | None


QUICK_LANE = Lane(Stage.RENDER, 64, Stage.RENDER_SLOWLY)
SLOW_LANE = Lane(Stage.RENDER_SLOWLY, 8, None)


@dataclass(frozen=True, slots=True)
class _Work:
    row: Row
    facts: Facts
    message: Templated
    key: str
    sources: Sources


@dataclass(frozen=True, slots=True)
class _Rendered:
    facts: Facts
    content: bytes


@dataclass(frozen=True, slots=True)
class _Failure:
    text: str


_Result = _Rendered | _Failure | None
"""None for what took too long here."""


@dataclass(frozen=True, slots=True)
class TemplateWorker:
    """``woken`` hints at accepted messages; ``done`` is told of messages to prepare, ``overran`` of those for the slow lane."""

    store: Store
    clock: Clock
    domain: str
    renderer: Renderer
    lane: Lane
    woken: Wake
    done: Wake
    overran: Wake | None = None

    async def run(self) -> None:
        while True:
            if not await self.render_batch():
                await self.woken.wait(IDLE)

    async def render_batch(self) -> int:
        """Renders what is due now and returns how many messages that was."""
        taken, work = await self.store.write(self._take)
        if not work:
            return taken
        jobs = [Job(each.key, each.message.data) for each in work]
        outcomes = await self.renderer.render(jobs, {each.key: each.sources for each in work})
        results = await asyncio.to_thread(self._assemble_all, work, outcomes)
        await self.store.write(lambda tx: self._commit(tx, work, results))
        self.done.set()
        if self.overran is not None and None in results:
            self.overran.set()
        return taken

    def _take(self, tx: Tx) -> tuple[int, list[_Work]]:
        now, monotonic = self.clock.now(), self.clock.monotonic()
        rows = queue.lease(
            tx, self.lane.stage, now=now, monotonic=monotonic, hold=HOLD, limit=self.lane.batch
        )
        facts = journal.get_facts(tx, [row.message_id for row in rows])
        work = []
        for row in rows:
            try:
                work.append(_work(tx, row, facts[row.message_id]))
            except (LookupError, ValueError):
                log.exception("facts or content are lost", extra={"message_id": row.message_id})
                queue.defer(tx, [row], now + PAUSE)
        return len(rows), work

    def _assemble_all(self, work: Sequence[_Work], outcomes: Sequence[Outcome]) -> list[_Result]:
        return [self._assemble(*each) for each in zip(work, outcomes, strict=True)]

    def _assemble(self, work: _Work, outcome: Outcome) -> _Result:
        if outcome.problem is Problem.TOO_MUCH and self.lane.overrun is not None:
            return None
        if outcome.problem is not None:
            return _Failure(failure_text(outcome))
        message = replace(
            work.message.message,
            subject=outcome.subject,
            subject_charset=CHARSET,
            text=outcome.text,
            text_charset=CHARSET,
            html=outcome.html,
            html_charset=CHARSET,
            message_id=f"<{work.row.message_id}@{self.domain}>",
            date=work.facts.time,
        )
        try:
            content = mime.assemble(message)
        except ValueError as error:  # such as a line break in the subject
            return _Failure(str(error))
        if len(content) > work.message.max_size:
            return _Failure(composing.too_long(len(content), work.message.max_size))
        return _Rendered(composing.rendered(work.facts, content), content)

    def _commit(self, tx: Tx, work: Sequence[_Work], results: Sequence[_Result]) -> None:
        now = self.clock.now()
        for each, result in zip(work, results, strict=True):
            match result:
                case _Rendered():
                    queue.put_content(tx, each.row.message_id, result.content)
                    journal.replace_facts(tx, result.facts)
                    _append(tx, each, Kind.SEND, {"beforeRendering": True}, now)
                    queue.pass_on(tx, [each.row], Stage.PREPARE)
                case _Failure():
                    _fail(tx, each, result.text, now)
                case None:
                    assert self.lane.overrun is not None
                    queue.pass_on(tx, [each.row], self.lane.overrun)


def _work(tx: Tx, row: Row, facts: Facts) -> _Work:
    """Raises LookupError and ValueError when the message, or what it is rendered with, is lost or broken."""
    message, digest = templated.decode(queue.get_content(tx, row.message_id))
    content = templates.content_of(tx, row.scope, digest)
    # Contents are told apart by their digest, whoever they belong to: the same text renders the same.
    return _Work(row, facts, message, digest.hex(), sources(content))


def _fail(tx: Tx, work: _Work, text: str, now: float) -> None:
    detail: dict[str, object] = {
        "templateName": work.message.template,
        "errorMessage": text,
        "recipients": work.facts.destination,
    }
    _append(tx, work, Kind.RENDERING_FAILURE, detail, now)
    queue.finish(tx, [work.row])
    queue.note_if_finished(tx, work.row.message_id, now)


def _append(tx: Tx, work: _Work, kind: Kind, detail: dict[str, object], now: float) -> None:
    row = work.row
    version = configuration_sets.version_in_force(tx, row.scope, row.configuration_set)
    weighs = weight(len(work.facts.destination))
    journal.append(tx, Entry(round(now * 1000), row.scope, kind, row.message_id, version, weighs, detail))
