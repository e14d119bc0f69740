"""Deletes alarms of both types by name, where no composite alarm that stays depends on them (``monitoring/DeleteAlarms``)."""

from collections.abc import Iterable

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import composite_store, composites, store
from mailgauge.cloudwatch.alarms.refusals import RefusedError
from mailgauge.store.transaction import Tx


def delete(tx: Tx, scope: Scope, names: Iterable[str], now_ms: int) -> None:
    """Deletes those that exist, or none when one of them must stay: raises RefusedError."""
    wanted = list(dict.fromkeys(names))
    found = [composite_store.get(tx, scope, name) for name in wanted]
    going = [alarm for alarm in found if alarm is not None]
    if len(going) > 1:
        raise RefusedError("DeleteAlarms can delete at most one composite alarm at a time")
    needed = [name for name in wanted if not _dependents(tx, scope, name) <= {each.name for each in going}]
    if needed:
        raise RefusedError(
            f"Cannot delete {','.join(needed)} as there are composite alarm(s) depending on"
            f" {'it' if len(needed) == 1 else 'them'}."
        )
    for alarm in going:
        composites.delete(tx, alarm, now_ms)
    store.delete(tx, scope, wanted, now_ms)


def _dependents(tx: Tx, scope: Scope, name: str) -> set[str]:
    """The composites that have an alarm in their rule, or as their suppressor."""
    return {
        *composite_store.parents(tx, scope, name),
        *composite_store.suppressed_by(tx, scope, name),
    }
