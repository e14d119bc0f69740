"""The sending rate: how many recipients a second an account may send to. In memory, for each process on its own."""

from dataclasses import dataclass, field

from mailgauge.base.scope import Scope


@dataclass(slots=True)
class SendRate:
    """A bucket for each account and Region that fills with ``per_second``; 0 sets no limit."""

    per_second: float
    _filled: dict[Scope, tuple[float, float]] = field(default_factory=dict)

    def __call__(self, scope: Scope, now: float, recipients: int) -> bool:
        """Whether this many may be sent now. A message to more recipients than a second allows goes when the bucket is full."""
        if self.per_second <= 0:
            return True
        at, left = self._filled.get(scope, (now, self.per_second))
        left = min(self.per_second, left + max(now - at, 0) * self.per_second)
        allowed = left >= min(recipients, self.per_second)
        self._filled[scope] = (now, left - recipients if allowed else left)
        return allowed
