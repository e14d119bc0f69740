"""The real process, started the way people start it, and stopped or killed the way machines do it."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

REGION = "us-east-1"
KEY_ID, SECRET = "AKIDSCENARIO", "secret-of-the-scenario"
START_SECONDS = 90.0

T = TypeVar("T")


def wait_until(read: Callable[[], T], done: Callable[[T], bool] = bool, seconds: float = 90.0) -> T:
    """Reads again and again until ``done`` says so; fails with what was read last."""
    deadline = time.monotonic() + seconds
    while True:
        value = read()
        if done(value):
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds} s: {value!r}")
        time.sleep(0.05)


class Service:
    """One ``mailgauge local`` or ``mailgauge serve`` and its addresses, from the line it prints when it listens."""

    def __init__(self, process: subprocess.Popen[str], addresses: dict[str, Any], log: Path) -> None:
        self._process = process
        self._log = log
        self.addresses = addresses
        self.http: str = addresses["http"]
        self.inbound: str = addresses["inbound"]
        self.key = KEY_ID, SECRET

    @classmethod
    def start(
        cls, data: Path, *arguments: str, mode: str = "local", environment: Mapping[str, str] | None = None
    ) -> "Service":
        log = data.with_suffix(".log")
        command = [sys.executable, "-m", "mailgauge.cli.main", mode, "--data", str(data)]
        for listener in ("--listen", "--smtp", "--smtps", "--inbound"):
            command += [listener, "127.0.0.1:0"]
        command += arguments
        with log.open("a") as errors:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
                env={**clean_environment(), **(environment or {})},
            )
        line = _first_line(process, START_SECONDS)
        if not line:
            _end(process, signal.SIGKILL)
            raise AssertionError(
                f"{' '.join(command)} printed no start line; its log:\n{log.read_text()[-4000:]}"
            )
        return cls(process, json.loads(line), log)

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> int:
        """Asks it to end, as a supervisor would; its exit status."""
        return _end(self._process, signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9`, of every process it has."""
        _end(self._process, signal.SIGKILL)

    def log(self) -> str:
        return self._log.read_text()

    def client(self, name: str, region: str = REGION) -> Any:
        """An unmodified boto3 client."""
        session = boto3.session.Session(*self.key, region_name=region)
        return session.client(name, endpoint_url=self.http, config=Config(retries={"total_max_attempts": 1}))

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.http}{path}", timeout=60) as answer:
            return json.loads(answer.read())

    def step(self, seconds: float) -> None:
        """Moves the service's clock forward; only ``local`` lets one."""
        body = json.dumps({"advance": seconds}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.http}/_mailgauge/clock", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200


@contextmanager
def running(
    data: Path, *arguments: str, mode: str = "local", environment: Mapping[str, str] | None = None
) -> Iterator[Service]:
    service = Service.start(data, *arguments, mode=mode, environment=environment)
    try:
        yield service
    finally:
        service.stop()


def clean_environment() -> dict[str, str]:
    """Ours without anything that configures an AWS client or the service behind the test's back."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAILGAUGE_"))}


def _first_line(process: subprocess.Popen[str], seconds: float) -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline() if selector.select(seconds) else ""


def _end(process: subprocess.Popen[str], how: signal.Signals) -> int:
    if process.poll() is None:
        if how is signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
    try:
        status = process.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        status = process.wait(60)
    if process.stdout is not None:
        process.stdout.close()
    return status
