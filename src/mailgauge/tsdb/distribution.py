"""The distribution of samples: exact value -> count while there are few values, logarithmic buckets beyond.

The same multiset of samples gives the same distribution, and the same bytes, in whatever order it was added or
merged. Percentiles are nearest-rank; out of buckets they are off by at most 0.5 %.
"""

import math
import struct
from collections.abc import Iterator, Mapping
from typing import Final

MOST_VALUES: Final = 64
"""As many distinct values are kept exactly."""

_LOG_RATIO = math.log(1.01)
_MOST_VARINT = 2**53

_VERSION = 0x10
_BUCKETED, _FRACTIONAL_COUNTS, _WHOLE_VALUES = 1, 2, 4
_DOUBLE = struct.Struct("<d")


class Distribution:
    """How often each value occurred. A value below zero is counted, but makes percentiles unavailable."""

    __slots__ = ("buckets", "negatives", "values", "zeros")

    def __init__(self, values: Mapping[float, float] | None = None) -> None:
        self.values: dict[float, float] = {}
        # Once there are buckets, the exact values are gone; what the logarithm can't hold is counted beside them.
        self.buckets: dict[int, float] | None = None
        self.zeros = 0.0
        self.negatives = 0.0
        if values:
            for value, count in values.items():
                self.add(value, count)

    @classmethod
    def of(cls, value: float, count: float) -> "Distribution":
        """``count`` samples, more than none, of one value: what most cells hold, so it takes the short way."""
        distribution = cls()
        distribution.values[value + 0.0] = count
        return distribution

    def add(self, value: float, count: float = 1.0) -> None:
        """Adds ``count`` samples of a finite ``value``; a count of zero or less adds nothing."""
        if count <= 0:
            return
        if self.buckets is None:
            value += 0.0  # makes the negative zero a zero
            self.values[value] = self.values.get(value, 0.0) + count
            if len(self.values) > MOST_VALUES:
                self._to_buckets()
        else:
            self._add_to_buckets(self.buckets, value, count)

    def merge(self, other: "Distribution") -> None:
        """Adds all samples of ``other``, which stays as it is."""
        if other.buckets is None:
            for value, count in other.values.items():
                self.add(value, count)
            return
        buckets = self._to_buckets()
        for index, count in other.buckets.items():
            buckets[index] = buckets.get(index, 0.0) + count
        self.zeros += other.zeros
        self.negatives += other.negatives

    def copy(self) -> "Distribution":
        twin = Distribution()
        twin.values = dict(self.values)
        twin.buckets = None if self.buckets is None else dict(self.buckets)
        twin.zeros, twin.negatives = self.zeros, self.negatives
        return twin

    @property
    def exact(self) -> bool:
        """Whether the values are still the samples' own."""
        return self.buckets is None

    @property
    def has_negative(self) -> bool:
        return self.negatives > 0 or any(value < 0 for value in self.values)

    @property
    def count(self) -> float:
        kept = self.values if self.buckets is None else self.buckets
        return sum(kept.values()) + self.zeros + self.negatives

    def items(self) -> Iterator[tuple[float, float]]:
        """(value, count) in ascending order of value; samples below zero are left out once there are buckets."""
        if self.buckets is None:
            yield from sorted(self.values.items())
            return
        if self.zeros:
            yield 0.0, self.zeros
        for index in sorted(self.buckets):
            yield _middle(index), self.buckets[index]

    def percentile(self, percent: float) -> float | None:
        """The nearest-rank percentile, None if there are no samples or any is negative."""
        if self.has_negative:
            return None
        # The tolerance keeps a product such as 0.07 * 100 from reaching into the next rank.
        wanted = self.count * percent / 100 * (1 - 1e-12)
        seen = last = 0.0
        for value, count in self.items():
            seen, last = seen + count, value
            if seen >= wanted:
                break
        return last if seen else None

    def encode(self) -> bytes:
        """A compact, canonical form with a version; ``decode`` reads it."""
        if self.buckets is None:
            return _encode_values(sorted(self.values.items()))
        return _encode_buckets(sorted(self.buckets.items()), self.zeros, self.negatives)

    @classmethod
    def decode(cls, data: bytes) -> "Distribution":
        """Raises ValueError for bytes that no release up to this one wrote."""
        if not data or data[0] & 0xF0 != _VERSION:
            raise ValueError("a distribution of an unknown version")
        flags = data[0] & 0x0F
        distribution = cls()
        reader = _Reader(data)
        read_count = reader.double if flags & _FRACTIONAL_COUNTS else reader.varint
        if not flags & _BUCKETED:
            read_value = reader.varint if flags & _WHOLE_VALUES else reader.double
            while reader.left:
                value = float(read_value())
                distribution.values[value] = float(read_count())
            return distribution
        distribution.zeros, distribution.negatives = float(read_count()), float(read_count())
        buckets: dict[int, float] = {}
        index = -_INDEX_OFFSET
        while reader.left:
            index += reader.varint()
            buckets[index] = float(read_count())
        distribution.buckets = buckets
        return distribution

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distribution) and self.encode() == other.encode()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Distribution({dict(self.items())!r})"

    def _to_buckets(self) -> dict[int, float]:
        if self.buckets is None:
            buckets: dict[int, float] = {}
            self.buckets = buckets
            for value, count in self.values.items():
                self._add_to_buckets(buckets, value, count)
            self.values = {}
        return self.buckets

    def _add_to_buckets(self, buckets: dict[int, float], value: float, count: float) -> None:
        if value > 0:
            index = math.floor(math.log(value) / _LOG_RATIO)
            buckets[index] = buckets.get(index, 0.0) + count
        elif value < 0:
            self.negatives += count
        else:
            self.zeros += count


# Larger than any index of a double: so the first step from here to a real index is positive.
_INDEX_OFFSET = 80_000


def _middle(index: int) -> float:
    """The value that stands for a bucket: its geometric middle, at most 0.5 % away from any value in it."""
    return math.exp((index + 0.5) * _LOG_RATIO)


def _whole(number: float) -> bool:
    return 0 <= number < _MOST_VARINT and number == int(number)


def _encode_values(items: list[tuple[float, float]]) -> bytes:
    whole_values = all(_whole(value) for value, _ in items)
    whole_counts = all(_whole(count) for _, count in items)
    out = bytearray(
        [_VERSION | (_WHOLE_VALUES if whole_values else 0) | (0 if whole_counts else _FRACTIONAL_COUNTS)]
    )
    for value, count in items:
        _put(out, value, whole=whole_values)
        _put(out, count, whole=whole_counts)
    return bytes(out)


def _encode_buckets(items: list[tuple[int, float]], zeros: float, negatives: float) -> bytes:
    whole = _whole(zeros) and _whole(negatives) and all(_whole(count) for _, count in items)
    out = bytearray([_VERSION | _BUCKETED | (0 if whole else _FRACTIONAL_COUNTS)])
    _put(out, zeros, whole=whole)
    _put(out, negatives, whole=whole)
    before = -_INDEX_OFFSET
    for index, count in items:
        _put(out, index - before, whole=True)
        _put(out, count, whole=whole)
        before = index
    return bytes(out)


def _put(out: bytearray, number: float, *, whole: bool) -> None:
    if not whole:
        out += _DOUBLE.pack(number)
        return
    rest = int(number)
    while rest > 0x7F:
        out.append(0x80 | rest & 0x7F)
        rest >>= 7
    out.append(rest)


class _Reader:
    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 1

    @property
    def left(self) -> bool:
        return self._at < len(self._data)

    def varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def double(self) -> float:
        [number] = _DOUBLE.unpack_from(self._data, self._at)
        self._at += 8
        return float(number)
