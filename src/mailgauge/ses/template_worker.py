"""The worker that renders accepted templated messages and hands them on to the prepare stage, or journals why it can't.

What takes longer than a moment goes to a second worker of the same kind with a process of its own, so that nobody else
waits for it. Everything about one message commits together and apart from the others.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Wake
from mailgauge.delivery import batch, contents, queue
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

# Trying in vain costs everybody's mail its time, so a slow template's next messages go to the slow lane at once.
QUICK = Limits(compiling=0.25, rendering=0.05, untried=20)
SLOW = Limits(compiling=10.0, rendering=2.0)
HOLD = 300.0
IDLE = 1.0
NOT_KEPT = "The rendered message could not be kept."
PAUSE = 300.0
"""Seconds until a message is looked at again whose facts or content can't be found, or that can't be committed."""


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


_Leased = tuple[Row, Facts | None, _Work | None]


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
        leased = await self.store.write(self._lease)
        work = [each for each in [await self._look_up(*each) for each in leased] if each is not None]
        if not work:
            return len(leased)
        jobs = [Job(each.key, each.message.data) for each in work]
        outcomes = await self.renderer.render(jobs, {each.key: each.sources for each in work})
        results = await asyncio.to_thread(self._assemble_all, work, outcomes)
        finished = [self._finish(*each) for each in zip(work, results, strict=True)]
        failures = [each for each in await asyncio.gather(*finished, return_exceptions=True) if each]
        self.done.set()
        if self.overran is not None and None in results:
            self.overran.set()
        for failure in failures:
            raise failure
        return len(leased)

    def _lease(self, tx: Tx) -> list[_Leased]:
        now, monotonic = self.clock.now(), self.clock.monotonic()
        leased = batch.lease(
            tx, self.lane.stage, now=now, monotonic=monotonic, hold=HOLD, limit=self.lane.batch
        )
        facts = journal.get_facts(tx, [each.row.message_id for each in leased])
        found: list[_Leased] = []
        for each in leased:
            its_facts = facts.get(each.row.message_id)
            work = None
            if its_facts is not None and each.content is not None:
                with suppress(LookupError, ValueError):  # it is looked up again, and then logged
                    work = _work(tx, each.row, its_facts, each.content)
            found.append((each.row, its_facts, work))
        return found

    async def _look_up(self, row: Row, facts: Facts | None, work: _Work | None) -> _Work | None:
        """What a message is rendered with, where it could not be read along with the lease."""
        if work is not None:
            return work
        try:
            if facts is None:
                raise LookupError("no facts")  # noqa: TRY301 - it is one of the things that may be lost
            return await self.store.read(lambda tx: _work(tx, row, facts, contents.get(tx, row.message_id)))
        except (LookupError, ValueError):
            log.exception("facts or content are lost", extra={"message_id": row.message_id})
            await self._put_off_or_give_up(row, facts)
            return None

    async def _put_off_or_give_up(self, row: Row, facts: Facts | None) -> None:
        now = self.clock.now()
        if now >= row.expires:
            await self.store.write(lambda tx: _lose(tx, row, facts, now))
        else:
            await self._put_off(row)

    async def _put_off(self, row: Row) -> None:
        await self.store.write(lambda tx: queue.defer(tx, [row], self.clock.now() + PAUSE))

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

    async def _finish(self, work: _Work, result: _Result) -> None:
        row = work.row
        try:
            if isinstance(result, _Rendered):
                await batch.stage(self.store, row.message_id, result.content)
            await self.store.write(lambda tx: self._commit(tx, work, result))
        except Exception:
            log.exception("message not committed", extra={"message_id": row.message_id})
            if self.clock.now() >= row.expires and await self._given_up(work):
                return
            await self._put_off(row)

    async def _given_up(self, work: _Work) -> bool:
        """Whether a message that can't be handed on could at least be ended."""
        try:
            await self.store.write(lambda tx: _fail(tx, work, NOT_KEPT, self.clock.now()))
        except Exception:
            log.exception("message not given up", extra={"message_id": work.row.message_id})
            return False
        return True

    def _commit(self, tx: Tx, work: _Work, result: _Result) -> None:
        now = self.clock.now()
        if not queue.is_as_leased(tx, work.row):
            log.warning("message rendered elsewhere", extra={"message_id": work.row.message_id})
            return
        match result:
            case _Rendered():
                batch.put(tx, work.row.message_id, result.content)
                journal.replace_facts(tx, result.facts)
                _append(tx, work.row, result.facts, Kind.SEND, {"beforeRendering": True}, now=now)
                queue.pass_on(tx, [work.row], Stage.PREPARE)
            case _Failure():
                _fail(tx, work, result.text, now)
            case None:
                assert self.lane.overrun is not None
                queue.pass_on(tx, [work.row], self.lane.overrun)


def _work(tx: Tx, row: Row, facts: Facts, stored: bytes) -> _Work:
    """Raises LookupError and ValueError when the message, or what it is rendered with, is lost or broken."""
    message, digest = templated.decode(stored)
    content = templates.content_of(tx, row.scope, digest)
    # Contents are told apart by their digest, whoever they belong to: the same text renders the same.
    return _Work(row, facts, message, digest.hex(), sources(content))


def _fail(tx: Tx, work: _Work, text: str, now: float) -> None:
    _end(tx, work.row, work.facts, template=work.message.template, text=text, now=now)


def _lose(tx: Tx, row: Row, facts: Facts | None, now: float) -> None:
    """Of a message whose content is lost nobody knows the template; where its facts are, nobody knows whose mail it was."""
    if facts is None:
        log.error(
            "message given up without an event: its facts are lost", extra={"message_id": row.message_id}
        )
        queue.finish(tx, [row])
        queue.note_if_finished(tx, row.message_id, now)
    else:
        _end(tx, row, facts, template="", text=NOT_KEPT, now=now)


def _end(tx: Tx, row: Row, facts: Facts, *, template: str, text: str, now: float) -> None:
    detail: dict[str, object] = {
        "templateName": template,
        "errorMessage": text,
        "recipients": facts.destination,
    }
    _append(tx, row, facts, Kind.RENDERING_FAILURE, detail, now=now)
    queue.finish(tx, [row])
    queue.note_if_finished(tx, row.message_id, now)


def _append(tx: Tx, row: Row, facts: Facts, kind: Kind, detail: dict[str, object], *, now: float) -> None:
    version = configuration_sets.version_in_force(tx, row.scope, row.configuration_set)
    weighs = weight(len(facts.destination))
    journal.append(tx, Entry(round(now * 1000), row.scope, kind, row.message_id, version, weighs, detail))
