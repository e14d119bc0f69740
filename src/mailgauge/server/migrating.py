"""What an explicit migration does: both databases or none are looked at first, since a newer one must stop both."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailgauge.server.data import DataDirectory, Lock
from mailgauge.server.storage import MAIL, METRICS, Storage
from mailgauge.store.migrations import NewerStoreError, Schema, Standing, standings
from mailgauge.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Database:
    """``is_there`` is false where there is no file yet."""

    path: Path
    is_there: bool
    standings: Sequence[Standing]

    @property
    def newer(self) -> list[Standing]:
        """The tables that a newer release has changed."""
        return [each for each in self.standings if each.done > each.known]

    @property
    def pending(self) -> list[str]:
        """The steps to apply, in their order (``events 2``)."""
        return [
            f"{each.name} {step}" for each in self.standings for step in range(each.done + 1, each.known + 1)
        ]


def look(directory: DataDirectory) -> list[Database]:
    """Both databases as they are, also while a service has them open. Changes nothing. Raises StoreError."""
    return [_look(directory.mail, MAIL), _look(directory.metrics, METRICS)]


def _look(path: Path, schemas: Sequence[Schema]) -> Database:
    if not path.exists():
        return Database(path, False, [Standing(each.name, 0, len(each.steps)) for each in schemas])
    store = SqliteStore.open(path, read_only=True)
    try:
        return Database(path, True, store.read_now(lambda tx: standings(tx, schemas)))
    finally:
        store.close()


def refuse_newer(databases: Sequence[Database]) -> None:
    """Raises NewerStoreError."""
    for each in databases:
        if each.newer:
            tables = ", ".join(f"{one.name} at step {one.done} (known: {one.known})" for one in each.newer)
            raise NewerStoreError(
                f"{each.path} was written by a newer release: {tables}. Nothing was changed. Use that release or a newer "
                "one; there is no way back but a backup from before"
            )


def bring_up_to_date(directory: DataDirectory) -> None:
    """Applies what is pending, each database in one transaction. Raises what a start of the service would."""
    lock = Lock(directory)
    try:
        Storage.open(directory).close()
    finally:
        lock.release()
