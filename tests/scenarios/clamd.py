"""ClamAV's daemon, started as a test needs it: with signatures of the EICAR test file and of one made up, and gone with the test."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailgauge.scan.eicar import EICAR
from tests.scenarios.service import wait_until
from tools.system_packages import find

FOUND = "Eicar-Local.UNOFFICIAL"
"""What it calls the test file."""
MADE_UP = b"what only this clamd takes for a virus"
SETTINGS = """\
DatabaseDirectory {home}/signatures
TemporaryDirectory {home}
LocalSocket {home}/socket
LogFile {home}/log
Foreground yes
StreamMaxLength {most}
"""


class Clamd:
    """``most`` is the longest stream it takes, as clamd.conf writes it."""

    def __init__(self, most: str = "100M") -> None:
        # A path of its own, because pytest's may be too long for a socket.
        self._home = Path(tempfile.mkdtemp(prefix="mailgauge-clamd-"))
        (self._home / "clamd.conf").write_text(SETTINGS.format(home=self._home, most=most))
        (self._home / "signatures").mkdir()
        # At the start of a file of any type, and anywhere in one.
        signatures = f"Eicar-Local:0:0:{EICAR.hex()}\nMade-Up:0:*:{MADE_UP.hex()}\n"
        (self._home / "signatures" / "local.ndb").write_text(signatures)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix:{self._home}/socket"

    def start(self) -> None:
        """Comes back when it takes connections. It ends with us, however we end."""
        (self._home / "socket").unlink(missing_ok=True)
        command = ["setpriv", "--pdeathsig", "TERM", str(find("clamd")), "-c", str(self._home / "clamd.conf")]
        with (self._home / "errors").open("a") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True
            )
        wait_until(lambda: self._alive() and (self._home / "socket").exists(), seconds=90)

    def stop(self) -> None:
        """Kills it, in the middle of whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait(60)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._home)

    def pause(self) -> None:
        """It goes on to take connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _alive(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"clamd ended:\n{(self._home / 'errors').read_text()}"
        return True


@contextmanager
def clamd(most: str = "100M") -> Iterator[Clamd]:
    """A clamd for as long as it is needed. Where none can be had the test is skipped, and says so."""
    if find("clamd") is None:
        pytest.skip("SKIPPED: ClamAV's daemon can not be installed here")
    server = Clamd(most)
    try:
        server.start()
        yield server
    finally:
        server.remove()
