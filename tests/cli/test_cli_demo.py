"""``mailgauge demo``: what it can't call is one line, and an interruption gives the terminal its cursor back."""

import os
import pty
import signal
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mailgauge.cli.demo import demo
from tests.scenarios.service import clean_environment

HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"


@pytest.mark.parametrize(
    "endpoint", ["foo", "127.0.0.1:4566", "ftp://127.0.0.1", "http://127.0.0.1:no", "http://"]
)
def test_an_endpoint_that_is_none_is_told_in_one_line(endpoint: str) -> None:
    result = CliRunner().invoke(demo, ["--endpoint", endpoint])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: --endpoint must be http://HOST:PORT")
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.scenario
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_demonstration_leaves_the_cursor_visible(number: signal.Signals) -> None:
    """It waits for an answer that never comes, below its progress bar."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shown = _interrupted(f"http://127.0.0.1:{silent.getsockname()[1]}", number)
    assert HIDE in shown
    assert shown.rindex(SHOW) > shown.rindex(HIDE)
    assert b"Traceback" not in shown


#: The real command, with the preparing calls left out: the first answer it waits for is that of a send.
#: Where the tests run in the background, Ctrl-C is ignored by them and all they start: here it must count.
PROGRAM = """
import signal, sys
from mailgauge.cli import demo
signal.signal(signal.SIGINT, signal.default_int_handler)
demo._prepare = lambda clients: None
demo.demo(sys.argv[1:])
"""


def _interrupted(endpoint: str, number: signal.Signals) -> bytes:
    """What the demonstration wrote to a terminal that sent it ``number`` once its cursor was hidden."""
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, "--endpoint", endpoint]
    environment = clean_environment() | {"TERM": "xterm"}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while HIDE not in shown:
            shown += os.read(terminal, 4096)
        process.send_signal(number)
        while chunk := _read(terminal):
            shown += chunk
        assert process.wait(60) != 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    return shown


def _read(terminal: int) -> bytes:
    """Empty when the other end is closed."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
