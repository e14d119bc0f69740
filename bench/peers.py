"""Other programs that answer the same calls on a laptop, each in its own pinned environment."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.requests import captured
from tests.scenarios.service import clean_environment
from tools import environments
from tools.node import node

JS = Path(__file__).parent / "js"


@dataclass(frozen=True)
class PeerProgram:
    """How to start it on a port, and what it leaves out that Mailgauge does."""

    name: str
    remark: str
    command: Callable[[int], list[str]]


def _moto(port: int) -> list[str]:
    binaries = environments.python_environment("moto")
    return [str(binaries / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]


def _ses_v2_local(port: int) -> list[str]:
    modules = environments.node_environment("peers-js", JS)
    return [str(node()), str(modules / "node_modules" / ".bin" / "aws-ses-v2-local"), f"--port={port}"]


PEERS = [
    PeerProgram("moto", "keeps messages in memory: neither syncs nor delivers, checks no signature", _moto),
    PeerProgram(
        "aws-ses-v2-local",
        "keeps messages in memory: neither syncs nor delivers, checks no signature",
        _ses_v2_local,
    ),
]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def first_request(endpoint: str) -> bytes:
    """A call that every program here knows, signed: for ours it loads a service model, as any first call does."""

    def calls(client: Any) -> None:
        client.get_account()

    return captured("sesv2", endpoint, calls)[0]


def status_of(port: int, request: bytes) -> int:
    """The status that comes back, 0 when nothing does."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            return int(connection.recv(1024)[9:12] or 0)
    except OSError:
        return 0


@dataclass(frozen=True)
class Started:
    """A program that answers: where, how long that took, its first status, and its process."""

    endpoint: str
    seconds: float
    status: int
    pid: int


@contextmanager
def started(command: Callable[[int], list[str]], seconds: float = 60.0) -> Iterator[Started]:
    """The program of a command line, from its first answered request on."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    line, request = command(port), first_request(endpoint)
    began = time.perf_counter()
    process = subprocess.Popen(
        line,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not (status := status_of(port, request)):
            if process.poll() is not None or time.perf_counter() - began > seconds:
                raise RuntimeError(f"{' '.join(line)} did not start")
            time.sleep(0.005)
        yield Started(endpoint, time.perf_counter() - began, status, process.pid)
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait(15)
