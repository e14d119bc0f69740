"""A node's hold on the evaluation of alarms: taken when nobody lives who has it, and asked before every commit."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from mailgauge.base.clock import Clock
from mailgauge.cloudwatch.alarms import lease
from mailgauge.cloudwatch.alarms.lease import HOLD, Lease, LostLeaseError
from mailgauge.store.transaction import Store, Tx

T = TypeVar("T")


class Tenure:
    """``node`` names who shares the store with others: a node that was started again takes over from itself at once."""

    def __init__(self, store: Store, clock: Clock, node: str) -> None:
        self._store = store
        self._clock = clock
        self._node = node
        self._token: int | None = None
        # Until when this node may commit, and since when another showed no life: on the monotonic clock.
        self._until = 0.0
        self._watched: tuple[Lease, float] | None = None

    def holds(self, seen: Lease) -> bool:
        """Whether this node has the lease, as it was just seen. To be asked only while something is due."""
        if seen.token == self._token:
            self._until = self._clock.monotonic() + HOLD
            return True
        return False

    async def takes(self, seen: Lease) -> bool:
        """Takes the lease if its holder is gone: another node's, once that has shown no life for long enough."""
        now = self._clock.monotonic()
        if self._watched is None or self._watched[0] != seen:
            self._watched = seen, now
        own_before_start = self._token is None and seen.node in {"", self._node}
        if not own_before_start and now - self._watched[1] < HOLD:
            return False
        token = await self._store.write(partial(lease.take, node=self._node, seen=seen))
        if token is None:
            return False
        self._token, self._until, self._watched = token, now + HOLD, None
        return True

    def rest(self) -> None:
        """Nothing is due: a holder that is silent now is none that is gone."""
        self._watched = None

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Commits ``work`` only while the lease is held. Raises LostLeaseError."""
        begun = self._clock.monotonic()

        def fenced(tx: Tx) -> T:
            if self._token is None or self._clock.monotonic() >= self._until:
                raise LostLeaseError
            lease.beat(tx, self._token)
            return work(tx)

        done = await self._store.write(fenced)
        self._until = begun + HOLD
        return done
