"""The vocabulary of the store: transactions, units of work and lanes, the same for each engine."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]


class StoreUnavailableError(Exception):
    """The database can't be used now: there is no space left, or the disk fails. Nothing of this unit of work happened."""


class Tx(Protocol):
    """An open transaction. Statements use ``?`` for parameters; values are None, int, float, str and bytes."""

    def run(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Runs one statement and returns all its rows."""

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs one statement once for each row of parameters."""

    def defer(self, collector: "Collector", item: Any) -> None:
        """Hands ``item`` to ``collector``, which is called once at the very end of the transaction with all items.

        So work of the same kind from many concurrent units is done together (journal entries, counters), and
        what orders by commit (a journal's ``seq``) is taken as the last statement.
        """

    def after_commit(self, call: Callable[[], None]) -> None:
        """Calls ``call`` (cheap, any thread) once the transaction is durable."""


GROUP = 32
MARKS = ",".join("?" * GROUP)
"""For ``IN``, with the values that ``groups`` makes."""


def groups(values: Sequence[T]) -> Iterator[list[T]]:
    """Values in lists of one length, the last one repeated: one statement for each, and always the same one."""
    for at in range(0, len(values), GROUP):
        group = list(values[at : at + GROUP])
        yield group + group[-1:] * (GROUP - len(group))


Collector = Callable[[Tx, list[Any]], None]


class Lane(IntEnum):
    """Which work goes first when several wait for the writer."""

    ACCEPT = 0
    NORMAL = 1
    BACKGROUND = 2


class Store(Protocol):
    """A database. ``work`` runs in another thread: it must touch nothing but the transaction and its own values."""

    async def write(self, work: Callable[[Tx], T], lane: Lane = Lane.NORMAL) -> T:
        """Runs ``work`` in a transaction shared with other units of work, and returns after it is durable.

        An exception of ``work``, or of what it left for the end, undoes its own unit alone and is raised here. In the
        second case all units of the transaction run once more, each in one of its own.
        """

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Runs ``work`` in one read snapshot."""
