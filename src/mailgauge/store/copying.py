"""A consistent copy of a database while others write to it, by SQLite's backup API (https://sqlite.org/backup.html).

One read snapshot is held from the first page to the last: the copy is of the moment at which it began, and the writer goes
on meanwhile. What it writes stays in the write-ahead log until the copy is done.
"""

import os
from collections.abc import Callable
from pathlib import Path

import apsw

from mailgauge.store.sqlite import StoreError

_STEP = 1_048_576
_SYNCED = 16
"""Steps after which what was copied is brought to disk: all of it at the end would hold up the syncs of the writer."""

Shown = Callable[[int, int], None]
"""Is told how many bytes of how many are done."""


def copy_database(source: Path, target: Path, shown: Shown) -> None:
    """Makes ``target``, which must not be there, readable by its owner alone, and on disk on return.

    It is one file, without a log beside it. Raises StoreError where the source is not readable or the target not writable.
    """
    try:
        # Held open to the end: closing any descriptor of a file gives up the locks that SQLite has on it.
        file = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise StoreError(f"{target} can't be made: {error.strerror}") from error
    try:
        _copy(source, target, file, shown)
        os.fsync(file)
    except apsw.Error as error:
        raise StoreError(f"{source} can't be copied to {target}: {error}") from error
    except OSError as error:
        raise StoreError(f"{target} can't be written: {error.strerror}") from error
    finally:
        os.close(file)


def _copy(source: Path, target: Path, file: int, shown: Shown) -> None:
    reading = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        writing = apsw.Connection(str(target))
        try:
            reading.set_busy_timeout(5000)
            # Without it each change by another connection would start the copy over.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            _copy_pages(reading, writing, file, shown)
            # The copy says of itself that it has a log, as its source does: whole in one file it can be carried about.
            writing.execute("PRAGMA journal_mode = DELETE")
        finally:
            writing.close()
    finally:
        reading.close()


def _copy_pages(reading: apsw.Connection, writing: apsw.Connection, file: int, shown: Shown) -> None:
    # Nothing of an unfinished copy is of use, so it needs no journal; what is finished is synced as a whole.
    writing.execute("PRAGMA journal_mode = OFF")
    writing.execute("PRAGMA synchronous = OFF")
    size = int(reading.execute("PRAGMA page_size").get)
    with writing.backup("main", reading, "main") as backup:
        steps = 0
        while not backup.done:
            backup.step(max(_STEP // size, 1))
            shown((backup.page_count - backup.remaining) * size, backup.page_count * size)
            steps += 1
            if steps % _SYNCED == 0:
                os.fsync(file)
