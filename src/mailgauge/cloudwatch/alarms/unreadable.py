"""Which alarms and mute rules of a store can't be read back, for whoever checks it. It mends nothing."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import composite_store, mute_store, store
from mailgauge.store.transaction import Tx

_KINDS: Final[tuple[tuple[str, str, Callable[[Tx, Scope, str], Any]], ...]] = (
    ("alarm", "alarm", store.get),
    ("composite alarm", "composite_alarm", composite_store.get),
    ("alarm mute rule", "mute_rule", mute_store.get),
)


def unreadable(tx: Tx) -> Iterator[str]:
    """Each by its kind, name, account and Region, and the reason."""
    for kind, table, get in _KINDS:
        for key, name in tx.run(f"SELECT scope, name FROM {table} ORDER BY scope, name"):
            scope = Scope.from_key(key)
            try:
                get(tx, scope, name)
            except (msgspec.MsgspecError, ValueError, TypeError) as error:
                yield f"{kind} {name!r} of account {scope.account} ({scope.region}) can't be read: {error}"
