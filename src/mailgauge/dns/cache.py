"""Answers kept for as long as their records live (RFC 1035 3.2.1; RFC 2308 for what is not there). Bounded."""

from collections import OrderedDict

from mailgauge.base.clock import Clock
from mailgauge.dns.answers import Answer, RecordType

_Key = tuple[str, RecordType]


class AnswerCache:
    """Lifetimes run on ``now()``: after a step of the clock, records are as old as they would be then."""

    def __init__(self, clock: Clock, most: int = 10_000) -> None:
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[_Key, tuple[float, Answer]] = OrderedDict()

    def get(self, name: str, kind: RecordType) -> Answer | None:
        until, answer = self._kept.get((name, kind), (0.0, None))
        return answer if until > self._clock.now() else None

    def put(self, name: str, kind: RecordType, answer: Answer, seconds: float) -> None:
        if seconds <= 0:
            return
        self._kept[name, kind] = (self._clock.now() + seconds, answer)
        self._kept.move_to_end((name, kind))
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
