"""A command on this machine: one that the operator has put in the configuration, with the message on its standard input.

There is no shell, and nothing of the alarm is an argument. Its environment is bare, its time and its output are bounded.
"""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from mailgauge.cloudwatch.alarms.actions.outbox import Work
from mailgauge.cloudwatch.alarms.actions.runner import NotExecutedError

_ENVIRONMENT: Final = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}
_MOST_OUTPUT: Final = 4096
"""Bytes that are kept; what follows is read and dropped, so that nobody waits to write it."""
_SHOWN: Final = 300


class Command:
    """``commands`` are argument lists by name, ``seconds`` is how long each may run."""

    def __init__(self, commands: Mapping[str, Sequence[str]], seconds: float) -> None:
        self._commands = commands
        self._seconds = seconds

    async def execute(self, work: Work) -> Sequence[str]:
        """An exit status of 0 is a success. Raises NotExecutedError."""
        name = work.target.value
        arguments = self._commands.get(name)
        if arguments is None:
            raise NotExecutedError(f"There is no command {name} in the configuration.", permanent=True)
        process = await _start(arguments, work.id)
        try:
            async with asyncio.timeout(self._seconds):
                _, output = await asyncio.gather(_tell(process, work.notice.message), _output(process))
                status = await process.wait()
        except TimeoutError:
            raise NotExecutedError(f"{name} ran longer than {self._seconds:g} seconds.") from None
        finally:
            await _end(process)
        if status != 0:
            raise NotExecutedError(f"{name} ended with status {status}{_last_words(output)}.")
        return (work.notice.message,)


async def _start(arguments: Sequence[str], action_id: str) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            *arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            cwd="/",
            env={**_ENVIRONMENT, "MAILGAUGE_ACTION_ID": action_id},
            # A group of its own, so that what it starts ends with it.
            start_new_session=True,
        )
    except OSError as error:
        raise NotExecutedError(f"{arguments[0]} can't be started: {error.strerror}.") from error


async def _tell(process: Process, message: str) -> None:
    assert process.stdin is not None
    # It need not read what it is told.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(message.encode())
        await process.stdin.drain()
    process.stdin.close()


async def _output(process: Process) -> bytes:
    assert process.stdout is not None
    kept = b""
    while piece := await process.stdout.read(_MOST_OUTPUT):
        kept += piece[: _MOST_OUTPUT - len(kept)]
    return kept


async def _end(process: Process) -> None:
    """Ends what still runs of its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _last_words(output: bytes) -> str:
    text = " ".join(output.decode(errors="replace").split())
    shown = "".join(char if char.isprintable() else "?" for char in text[-_SHOWN:])
    return f": {shown}" if shown else ""
