"""Evaluates alarms that are due, some at a time in one read snapshot, up to the words of their new states. It writes nothing."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import points, reasons, schedule, store
from mailgauge.cloudwatch.alarms.alarm import Configuration, EvaluationState, StateValue
from mailgauge.cloudwatch.alarms.evaluation import evaluate
from mailgauge.cloudwatch.alarms.points import Expressions, Found, Metric
from mailgauge.cloudwatch.alarms.standings import Key, Standing
from mailgauge.cloudwatch.periods import Window
from mailgauge.cloudwatch.source import Source
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.engine import Engine

log = logging.getLogger(__name__)

# What one alarm's configuration or data may lead to must not keep the others from being evaluated.
_FAULTS = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Subject:
    """An alarm as it is evaluated: its configuration, read and parsed once for each version."""

    version: int
    scope: Scope
    configuration: Configuration
    reads: Metric | Expressions


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an evaluation gave that must be written: a state with its reasons, or None where the present one stays and
    only ``end``, the first window's, is to be noted.
    """

    standing: Standing
    end: int
    state: "NewState | None"


@dataclass(frozen=True, slots=True)
class NewState:
    value: StateValue
    reason: str
    reason_data: str | None
    evaluation: EvaluationState | None


@dataclass(slots=True)
class Judged:
    """What came of some alarms. ``subjects`` are those that had to be read."""

    judgements: list[Judgement] = field(default_factory=list)
    subjects: dict[Key, Subject] = field(default_factory=dict)


def judge(
    tx: Tx, engine: Engine, due: Sequence[Standing], known: Mapping[Key, Subject], now: float
) -> Judged:
    """``known`` are subjects from before, which may be of older versions than those that are due."""
    judged = Judged()
    subjects = [_subject(tx, each, known, judged.subjects) for each in due]
    pairs = [(each, subject) for each, subject in zip(due, subjects, strict=True) if subject is not None]
    simple = _read_simple(tx, engine, pairs, now)
    for standing, subject in pairs:
        window = _window(subject.configuration, now)
        try:
            found = simple.get(standing.key) or _read(tx, engine, subject, window, now)
            state = _evaluated(subject.configuration, standing, window, found, now)
        except _FAULTS:
            log.exception("an alarm could not be evaluated", extra={"alarm": standing.name})
            state = _failed(standing)
        if state is not None or standing.evaluated is None:
            judged.judgements.append(Judgement(standing, window.stop, state))
    return judged


def cost(standing: Standing) -> int:
    """About how many cells of the store an evaluation reads."""
    cells = max(standing.period // 60, 1)
    return schedule.evaluation_range(standing.evaluation_periods) * cells


def _subject(
    tx: Tx, standing: Standing, known: Mapping[Key, Subject], read: dict[Key, Subject]
) -> Subject | None:
    there = known.get(standing.key)
    if there is not None and there.version == standing.version:
        return there
    scope = Scope.from_key(standing.scope_key)
    try:
        alarm = store.get(tx, scope, standing.name)
    except msgspec.MsgspecError:
        log.exception("an alarm can't be read", extra={"alarm": standing.name})
        return None
    if alarm is None or alarm.version != standing.version:
        return None  # deleted or put again meanwhile: the news will tell
    configuration = alarm.configuration
    reads = points.metric(scope, configuration) or points.expressions(scope, configuration)
    subject = read[standing.key] = Subject(alarm.version, scope, configuration, reads)
    return subject


def _window(configuration: Configuration, now: float) -> range:
    end = schedule.window_end(configuration.period, now)
    if configuration.queries:
        # Queries of periods below a minute are read by whole periods, not by the ten seconds that windows slide by.
        end -= end % min(configuration.period, schedule.STEP)
    return schedule.window(configuration.period, configuration.evaluation_periods, end)


def _read_simple(
    tx: Tx, engine: Engine, pairs: Iterable[tuple[Standing, Subject]], now: float
) -> dict[Key, Found]:
    """The datapoints of those that can be read together, by window."""
    together: dict[range, list[tuple[Key, Metric]]] = {}
    for standing, subject in pairs:
        if isinstance(subject.reads, Metric) and subject.reads.is_simple:
            window = _window(subject.configuration, now)
            together.setdefault(window, []).append((standing.key, subject.reads))
    found: dict[Key, Found] = {}
    for window, some in together.items():
        try:
            read = points.read_simple(tx, engine, [metric for _, metric in some], window)
        except _FAULTS:
            continue  # each is read by itself, then, and that of one of them tells
        found |= {key: Found(each) for (key, _), each in zip(some, read, strict=True)}
    return found


def _read(tx: Tx, engine: Engine, subject: Subject, window: range, now: float) -> Found:
    """The datapoints of one alarm."""
    if isinstance(subject.reads, Metric):
        return Found(points.read_metric(tx, engine, subject.reads, window, now))
    source = Source(tx, engine, subject.scope, Window(window.start, window.stop, now))
    return points.compute(source, subject.reads, window)


def _evaluated(
    configuration: Configuration, standing: Standing, window: range, found: Found, now: float
) -> NewState | None:
    """None when neither the state nor what was wrong has changed."""
    verdict = evaluate(configuration, window, found.points, standing.state)
    if verdict.value is standing.state and found.evaluation is standing.evaluation:
        return None
    fault = found.fault
    reason = reasons.reason(configuration, verdict) if fault is None else reasons.fault(fault)
    data = reasons.reason_data(configuration, verdict, int(now * 1000))
    return NewState(verdict.value, reason, data, found.evaluation)


def _failed(standing: Standing) -> NewState | None:
    """Nothing was learned, so the state stays."""
    if standing.evaluation is EvaluationState.FAILURE:
        return None
    reason = reasons.fault("it failed; the service's log says why")
    return NewState(standing.state, reason, None, EvaluationState.FAILURE)
