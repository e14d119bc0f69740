"""Writes what an evaluation gave: new states, with their history and actions, each in one transaction."""

from collections.abc import Sequence

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import standings, store
from mailgauge.cloudwatch.alarms.judging import Judgement
from mailgauge.store.transaction import Tx


def commit(tx: Tx, judgements: Sequence[Judgement], now: float) -> int:
    """Returns how many states were given. What was put, set or deleted meanwhile counts: it is decided on anew."""
    given = 0
    for each in judgements:
        if each.state is None:
            standings.note_first(tx, each.standing, each.end)
            continue
        alarm = store.get(tx, Scope.from_key(each.standing.scope_key), each.standing.name)
        if alarm is None or alarm.revision != each.standing.revision:
            continue
        store.set_state(
            tx,
            alarm,
            each.state.value,
            each.state.reason,
            each.state.reason_data,
            now_ms=int(now * 1000),
            evaluated=each.end,
            evaluation=each.state.evaluation,
        )
        given += 1
    return given
