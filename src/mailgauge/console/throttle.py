"""How often one address may fail to sign in. Kept in memory: a restart forgives."""

from collections import OrderedDict, deque

FAILURES = 10
WINDOW = 300.0
_MOST_ADDRESSES = 10_000


class FailureLimit:
    """Counts failures per address within a window of ``WINDOW`` seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def blocked_for(self, address: str, now: float) -> float:
        """Seconds until the address may try again; 0 when it may now."""
        failures = self._recent(address, now)
        return failures[0] + WINDOW - now if len(failures) >= FAILURES else 0.0

    def failed(self, address: str, now: float) -> None:
        failures = self._recent(address, now)
        failures.append(now)
        self._failures[address] = failures
        self._failures.move_to_end(address)
        if len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        self._failures.pop(address, None)

    def _recent(self, address: str, now: float) -> deque[float]:
        failures = self._failures.get(address, deque())
        while failures and failures[0] <= now - WINDOW:
            failures.popleft()
        return failures
