"""What DNS says, as values: an answer is records, or the reason why there are none (RFC 1034 4.3.1, RFC 2308). No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class RecordType(StrEnum):
    """The types Mailgauge asks for."""

    A = "A"
    AAAA = "AAAA"
    CNAME = "CNAME"
    MX = "MX"
    PTR = "PTR"
    SOA = "SOA"
    TXT = "TXT"


class Outcome(StrEnum):
    RECORDS = "records"
    NO_SUCH_NAME = "no such name"
    NO_DATA = "no data"
    """The name is there, records of this type are not."""
    TEMPORARY = "temporary failure"
    """Nobody answered, or a server said that it can't: nothing is known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``records`` in presentation form: names in lower case without the last dot, a TXT record's strings joined."""

    outcome: Outcome
    records: tuple[str, ...] = ()

    @property
    def is_temporary(self) -> bool:
        return self.outcome is Outcome.TEMPORARY


NO_SUCH_NAME = Answer(Outcome.NO_SUCH_NAME)
NO_DATA = Answer(Outcome.NO_DATA)
TEMPORARY = Answer(Outcome.TEMPORARY)


class Resolver(Protocol):
    async def look_up(self, name: str, kind: RecordType) -> Answer:
        """Never raises for what DNS can say, nor for what it can't."""


class LiteralResolver:
    """Answers from a mapping that is given, as in tests: ``{("shop.example", RecordType.TXT): ["..."]}``.

    An Answer in place of records stands for itself. It follows no CNAME.
    """

    def __init__(self, records: Mapping[tuple[str, RecordType], Sequence[str] | Answer]) -> None:
        self.records = records

    async def look_up(self, name: str, kind: RecordType) -> Answer:
        key = name.lower().rstrip(".")
        found = self.records.get((key, kind))
        if isinstance(found, Answer):
            return found
        if found:
            return Answer(Outcome.RECORDS, tuple(found))
        return NO_DATA if any(known == key for known, _ in self.records) else NO_SUCH_NAME
