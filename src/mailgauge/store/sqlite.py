"""The embedded engine: one SQLite file, one writer thread with group commit, a few reader threads.

Units of work that wait at the same time share a transaction and one fsync. It holds no domain knowledge and no cache.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import apsw

from mailgauge.store.migrations import Schema, migrate
from mailgauge.store.transaction import Collector, Lane, Row, StoreUnavailableError, Tx

log = logging.getLogger(__name__)

T = TypeVar("T")

# SQLite before 3.51.3 can corrupt a WAL database that two connections reset; the bundled library is newer.
_OLDEST_SQLITE = (3, 51, 3)
# One transaction holds at most this many units, and begins none after this time: what waits may be more urgent by then.
_MOST_UNITS = 256
_MOST_SECONDS = 0.015
_OF_THE_DISK = (apsw.FullError, apsw.IOError, apsw.ReadOnlyError, apsw.CantOpenError)


def _library_version() -> tuple[int, ...]:
    return tuple(int(part) for part in apsw.sqlite_lib_version().split("."))


class StoreError(Exception):
    """The database can't be opened or used."""


class _Transaction:
    """The transaction of one unit: statements go to the shared connection, deferred items wait for its end."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._cursor = connection.cursor()
        self.deferred: list[tuple[Collector, Any]] = []
        self.committed: list[Callable[[], None]] = []

    def run(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._cursor.execute(sql, params).fetchall()

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._cursor.executemany(sql, rows)

    def defer(self, collector: Collector, item: Any) -> None:
        self.deferred.append((collector, item))

    def after_commit(self, call: Callable[[], None]) -> None:
        self.committed.append(call)


class _Unit:
    """Work, and what came of it. ``loop`` is its caller's, the only thread in which ``future`` may be touched."""

    __slots__ = ("error", "future", "loop", "result", "work")

    def __init__(self, work: Callable[[Tx], Any]) -> None:
        self.work = work
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        if self.future.done():  # its caller has given up
            return
        if self.error is not None:
            self.future.set_exception(_told(self.error))
        else:
            self.future.set_result(self.result)


_Waiting = tuple[int, int, _Unit | None]
"""Lane, order and unit; None ends the loop."""


class SqliteStore:
    """One database file. Open it with ``open``; ``close`` waits for what was handed in."""

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        readers: int = 2,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._read_only = read_only
        self._monotonic = monotonic
        self._waiting: queue.PriorityQueue[tuple[int, int, _Unit | None]] = queue.PriorityQueue()
        self._order = count()
        self._local = threading.local()
        self._connections: list[apsw.Connection] = []
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix=f"read-{path.name}")
        self._writer: threading.Thread | None = None
        self._closed = False

    @classmethod
    def open(
        cls,
        path: Path,
        schemas: Iterable[Schema] = (),
        *,
        read_only: bool = False,
        readers: int = 2,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> "SqliteStore":
        """Opens (and, unless read-only, creates and migrates) the database. Raises StoreError."""
        if _library_version() < _OLDEST_SQLITE:
            raise StoreError(f"SQLite {apsw.sqlite_lib_version()} is too old: 3.51.3 or newer is needed")
        store = cls(path, read_only=read_only, readers=readers, monotonic=monotonic)
        if read_only:
            if not path.exists():
                raise StoreError(f"there is no database at {path}")
            return store
        connection = store._connect()
        connection.execute("BEGIN IMMEDIATE")
        try:
            migrate(_Transaction(connection), schemas)
        except BaseException:
            connection.execute("ROLLBACK")
            connection.close()
            raise
        connection.execute("COMMIT")
        store._writer = threading.Thread(
            target=store._write_loop, args=(connection,), name=f"write-{path.name}", daemon=True
        )
        store._writer.start()
        return store

    async def write(self, work: Callable[[Tx], T], lane: Lane = Lane.NORMAL) -> T:
        if self._writer is None:
            raise StoreError(f"{self._path} is open for reading only")
        if self._closed:  # nobody would ever take it up
            raise StoreError(f"{self._path} is closed")
        unit = _Unit(work)
        self._waiting.put((lane, next(self._order), unit))
        result: T = await unit.future
        return result

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def read_now(self, work: Callable[[Tx], T]) -> T:
        """The same in the calling thread, for command-line tools and point look-ups."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect(reader=True)
            self._connections.append(connection)
        connection.execute("BEGIN")
        try:
            return work(_Transaction(connection))
        finally:
            connection.execute("ROLLBACK")

    def close(self) -> None:
        self._closed = True
        if self._writer is not None:
            self._waiting.put((99, next(self._order), None))
            self._writer.join()
        self._readers.shutdown()
        for connection in self._connections:
            connection.close()

    def _connect(self, *, reader: bool = False) -> apsw.Connection:
        flags = (
            apsw.SQLITE_OPEN_READONLY
            if self._read_only
            else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        )
        try:
            connection = apsw.Connection(str(self._path), flags=flags)
            connection.set_busy_timeout(5000)
            if not self._read_only:
                _prepare(connection, reader=reader)
        except apsw.Error as error:
            raise StoreError(f"{self._path} can't be opened: {error}") from error
        return connection

    def _write_loop(self, connection: apsw.Connection) -> None:
        stopping = False
        while not stopping:
            waiting = [self._waiting.get()]
            with suppress(queue.Empty):
                while len(waiting) < _MOST_UNITS:
                    waiting.append(self._waiting.get_nowait())
            waiting = _in_turns(waiting)
            units = [unit for _, _, unit in waiting if unit is not None]
            taken = self._commit(connection, units) if units else 0
            # The end stands last, behind all units.
            stopping = taken == len(units) < len(waiting)
            if not stopping:
                for item in waiting[taken:]:
                    self._waiting.put(item)
        connection.close()

    def _commit(self, connection: apsw.Connection, units: list[_Unit]) -> int:
        """Commits as many of the units as there is time for, in their order, and returns how many."""
        taken = 0
        begun: list[_Unit] = []
        deferred: dict[Collector, list[Any]] = {}
        committed: list[Callable[[], None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            until = self._monotonic() + _MOST_SECONDS
            for unit in units:
                if begun and self._monotonic() >= until:
                    break
                taken += 1
                if not unit.future.cancelled():  # a caller that gives up from here on is too late
                    begun.append(unit)
                    _run(connection, unit, deferred, committed)
            last = _Transaction(connection)
            for collector, items in deferred.items():
                collector(last, items)
            committed += last.committed
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - nothing of this transaction happened: every caller must know
            _roll_back(connection)
            if not taken:  # none could begin
                taken = len(units)
                begun = units
            elif len(begun) > 1 and not isinstance(error, _OF_THE_DISK):
                # What one of them left for the end is at fault: it must cost nobody else.
                for unit in begun:
                    self._commit(connection, [unit])
                return taken
            for unit in begun:
                unit.error = error
            _tell(begun)
            return taken
        for call in committed:
            _call(call)
        _tell(begun)
        return taken


def _in_turns(waiting: list[_Waiting]) -> list[_Waiting]:
    """The first lane goes first, but not alone: what it takes in, the others have to carry on."""
    first = [each for each in waiting if each[0] == Lane.ACCEPT]
    others = [each for each in waiting if each[0] != Lane.ACCEPT]
    if not first or not others or others[0][2] is None:
        return waiting
    end = others.pop() if others[-1][2] is None else None
    mixed = [each for pair in zip(first, others, strict=False) for each in pair]
    least = min(len(first), len(others))
    return [*mixed, *first[least:], *others[least:], *([end] if end is not None else [])]


def _tell(units: Iterable[_Unit]) -> None:
    """Hands results over to the callers: those of one loop all at once, which wakes it once."""
    callers: dict[asyncio.AbstractEventLoop, list[_Unit]] = {}
    for unit in units:
        callers.setdefault(unit.loop, []).append(unit)
    for loop, its_units in callers.items():
        with suppress(RuntimeError):  # the loop is closed, nobody waits
            loop.call_soon_threadsafe(_tell_here, its_units)


def _tell_here(units: Iterable[_Unit]) -> None:
    for unit in units:
        unit.tell()


def _run(
    connection: apsw.Connection,
    unit: _Unit,
    deferred: dict[Collector, list[Any]],
    committed: list[Callable[[], None]],
) -> None:
    """One unit of a transaction: a failure of its own undoes it alone."""
    transaction = _Transaction(connection)
    connection.execute("SAVEPOINT unit")
    try:
        unit.result = unit.work(transaction)
    except Exception as error:
        if not connection.in_transaction:  # some failures of the disk end all of it
            raise
        unit.error = error  # it belongs to the caller of this unit
        connection.execute("ROLLBACK TO unit")
    else:
        for collector, each in transaction.deferred:
            deferred.setdefault(collector, []).append(each)
        committed += transaction.committed
    connection.execute("RELEASE unit")


def _told(error: BaseException) -> BaseException:
    """What a caller is told of a failure: whether it is the disk's, which callers can't be blamed for."""
    told: Exception
    if isinstance(error, _OF_THE_DISK):
        told = StoreUnavailableError(str(error))
    elif isinstance(error, StopIteration):  # which a future doesn't carry
        told = RuntimeError("the work raised StopIteration")
    else:
        return error
    told.__cause__ = error
    return told


def _prepare(connection: apsw.Connection, *, reader: bool) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if reader:
        connection.execute("PRAGMA query_only = ON")
        # Only the writer checkpoints (see the release notes of 3.51.3).
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    else:
        # 80 MB: busy pages are written back once for many changes. After a kill that much is read again.
        connection.execute("PRAGMA wal_autocheckpoint = 20000")


def _roll_back(connection: apsw.Connection) -> None:
    """A rollback that fails is tried again by the next transaction, whose callers are told; the writer lives on."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except apsw.Error:
        log.exception("rollback failed")


def _call(call: Callable[[], None]) -> None:
    """What fails after the commit changes nothing about it, and must not end the writer."""
    try:
        call()
    except Exception:
        log.exception("a call after a commit failed")
