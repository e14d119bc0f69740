"""What was published since the start, by series: counters for people who read them elsewhere. In memory, and bounded."""

from collections.abc import Iterable, Iterator

from mailgauge.tsdb.engine import Delta
from mailgauge.tsdb.series import Series

MOST_SERIES = 20_000
_COUNTED = "AWS/SES"
_RATES = "Reputation."


class Tally:
    """Sums of the service's own metrics; of rates the last value. ``left_out`` counts samples of series it has no room for."""

    def __init__(self, most: int = MOST_SERIES) -> None:
        self._most = most
        self._values: dict[Series, float] = {}
        self.left_out = 0

    def add(self, deltas: Iterable[Delta]) -> None:
        for delta in deltas:
            series = delta.series
            if series.namespace != _COUNTED:
                continue
            if series not in self._values and len(self._values) >= self._most:
                self.left_out += 1
            elif is_rate(series):
                self._values[series] = delta.stats.sum
            else:
                self._values[series] = self._values.get(series, 0.0) + delta.stats.sum

    def __iter__(self) -> Iterator[tuple[Series, float]]:
        return iter(list(self._values.items()))


def is_rate(series: Series) -> bool:
    return series.name.startswith(_RATES)
