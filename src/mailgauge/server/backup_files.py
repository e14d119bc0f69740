"""What a backup is made of: the two databases, the clock of ``local`` if there is one, and a manifest with their digests.

The manifest is written last, and what holds none is no backup. The master key is never part of it.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import apsw
import msgspec

from mailgauge.server.storage import refuse_ahead
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx

FORMAT: Final = 1
MANIFEST: Final = "backup.json"
CLOCK: Final = "clock"
METRICS_FIRST: Final = ("metrics.db", "mail.db")
"""In the order in which they are copied: so no position of the metrics is beyond the journal's end."""
_CHUNK: Final = 1_048_576

Shown = Callable[[str, int, int], None]
"""Is told what is being done, and how many bytes of how many are done; 0 of 0 where that is not known."""


class BackupError(Exception):
    """A backup can't be made or restored; the text says why and what to do. Nothing was left half done."""


class File(msgspec.Struct, frozen=True):
    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """``head`` is the journal's end, ``position`` up to where the metrics have counted it. ``made`` is in seconds."""

    format: int
    release: str
    made: float
    head: int
    position: int
    waiting: int
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        return sum(each.size for each in self.files)


def encode(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode(text: bytes) -> Manifest:
    """Raises BackupError."""
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BackupError(f"{MANIFEST} can't be read: {error}. Take another backup") from None
    if manifest.format > FORMAT:
        raise BackupError(f"the backup was made by release {manifest.release}: restore it with that release")
    names = [each.name for each in manifest.files]
    if len(set(names)) != len(names) or not {*METRICS_FIRST} <= {*names} <= {*METRICS_FIRST, CLOCK}:
        raise BackupError(f"{MANIFEST} names other files than a backup has. Take another backup")
    return manifest


@contextmanager
def opened(files: Path) -> Iterator[tuple[SqliteStore, SqliteStore]]:
    """``mail.db`` and ``metrics.db``, for reading."""
    mail = SqliteStore.open(files / "mail.db", read_only=True)
    try:
        metrics = SqliteStore.open(files / "metrics.db", read_only=True)
        try:
            yield mail, metrics
        finally:
            metrics.close()
    finally:
        mail.close()


def check(files: Path, shown: Shown, advice: str) -> None:
    """Whether the databases are whole and of one time. Raises BackupError and StoreError."""
    with opened(files) as (mail, metrics):
        for name, store in (("metrics.db", metrics), ("mail.db", mail)):
            shown(f"checking {name}", 0, 0)
            try:
                found = store.read_now(_quick_check)
            except apsw.Error as error:
                found = str(error)
            if found != "ok":
                raise BackupError(f"{name} is damaged: {found}. {advice}")
        refuse_ahead(mail, metrics)


def _quick_check(tx: Tx) -> str:
    return str(tx.run("PRAGMA quick_check(1)")[0][0])


def pass_on(reading: IO[bytes], writing: IO[bytes] | None, shown: Shown, what: str, size: int) -> str:
    """Reads to the end, copies if there is somewhere to, and returns the digest."""
    digest, done = hashlib.sha256(), 0
    while chunk := reading.read(_CHUNK):
        digest.update(chunk)
        if writing is not None:
            writing.write(chunk)
        done += len(chunk)
        shown(what, done, size)
    return digest.hexdigest()


@contextmanager
def aside(parent: Path, name: str) -> Iterator[Path]:
    """A directory for what is not finished yet, gone afterwards. Raises BackupError for what the file system refuses."""
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{name}.unfinished-", dir=parent))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise BackupError(f"{where}{error.strerror or error}") from error


def create(path: Path) -> IO[bytes]:
    """A new file, readable by its owner alone."""
    file = path.open("xb")
    os.fchmod(file.fileno(), 0o600)
    return file


def sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Makes names last."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refuse_small(where: Path, needed: int) -> None:
    """Raises BackupError where there is too little space."""
    free = shutil.disk_usage(where).free
    if free < needed:
        raise BackupError(f"{where} has {free // 2**20} MiB free, {needed // 2**20} MiB are needed")
