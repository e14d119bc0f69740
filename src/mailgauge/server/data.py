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
    """The files of one installation: ``mail.db metrics.db master.key tls/ clock lock``."""

    path: Path

    @property
    def mail(self) -> Path:
        return self.path / "mail.db"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.db"

    @property
    def tls(self) -> Path:
        """Where the self-signed certificate is, for installations that were given none."""
        return self.path / "tls"

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
        """Raises DataDirectoryError where no service ever started."""
        self._must_have(self.mail, self.metrics)

    def must_have_mail(self) -> None:
        """For what needs ``mail.db`` only, which is there as soon as a key was made. Raises DataDirectoryError."""
        self._must_have(self.mail)

    def _must_have(self, *files: Path) -> None:
        if not all(file.exists() for file in files):
            raise DataDirectoryError(
                f"{self.path} holds no Mailgauge data: name the directory with --data or MAILGAUGE_DATA, or start "
                "`mailgauge serve` or `local` there first"
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
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DataDirectoryError(f"{path} can't be opened: {error.strerror}") from error
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
