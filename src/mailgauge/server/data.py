"""The data directory: where its files are, and the lock that keeps a second process tree out."""

import fcntl
import math
import os
from dataclasses import dataclass
from pathlib import Path

from mailgauge.base.clock import SystemClock


class DataDirectoryError(Exception):
    """The data directory can't be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """The files of one installation: ``mail.db metrics.db master.key clock lock``."""

    path: Path

    @property
    def mail(self) -> Path:
        return self.path / "mail.db"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.db"

    @property
    def clock(self) -> Path:
        return self.path / "clock"

    def create(self) -> None:
        """Makes the directory, readable by its owner alone. Raises DataDirectoryError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DataDirectoryError(
                f"the data directory {self.path} can't be made: {error.strerror}"
            ) from error

    def must_exist(self) -> None:
        if not self.mail.exists() or not self.metrics.exists():
            raise DataDirectoryError(
                f"{self.path} holds no Mailgauge data: start `mailgauge serve` or `local` there first"
            )

    def open_clock(self) -> SystemClock:
        """The clock with the offset that ``local`` was stepped by. Raises DataDirectoryError."""
        try:
            clock = SystemClock(self.clock)
            if math.isfinite(clock.now()):
                return clock
        except (OSError, ValueError):
            pass
        raise DataDirectoryError(
            f"{self.clock} holds no number of seconds: delete it while the service is stopped"
        )


class Lock:
    """Held while a process tree serves from the directory; the system lets go of it when the process ends, however it ends."""

    def __init__(self, directory: DataDirectory) -> None:
        path = directory.path / "lock"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 32).decode(errors="replace").strip()
            os.close(self._file)
            raise DataDirectoryError(
                f"{directory.path} is in use by another Mailgauge (process {holder or 'unknown'}): stop it, or give --data "
                "another directory"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)
