"""[send.accept]: SendEmail requests a second that are accepted durably, while what was accepted is being delivered.

`mailgauge serve` on disk, 16 keep-alive connections, 30 s, delivery running to an SMTP sink. What is accepted but not
yet delivered is watched every second: it must not grow.
"""

import contextlib
import json
import pickle
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from bench import sink
from bench.peers import PEERS, PeerProgram, started
from bench.requests import SENDER, Key, client_of, send_email_requests
from bench.result import Peer, Result
from tests.scenarios.service import Service

SECONDS = 30.0
WARM_SECONDS = 3.0
PEER_SECONDS = 10.0
CONNECTIONS = 16
DISTINCT = 4000
DATA = Path(__file__).resolve().parent.parent / "build" / "bench-data"


def generate(
    endpoint: str, requests: list[bytes], seconds: float, rate: float = 0.0, connections: int = CONNECTIONS
) -> dict[str, Any]:
    """Runs the generator as a process of its own, at most at ``rate``, and returns its figures."""
    address = urlsplit(endpoint)
    command = [sys.executable, "-m", "bench.generator", str(address.hostname), str(address.port)]
    command += ["--connections", str(connections), "--seconds", str(seconds), "--rate", str(rate)]
    done = subprocess.run(
        command, input=pickle.dumps(requests), capture_output=True, check=True, timeout=seconds + 60
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    if not figures["accepted"]:
        raise RuntimeError(f"nothing was accepted: {figures['statuses']} {figures['first_error']}")
    return figures


class Watch:
    """Samples a count once a second until told to stop."""

    def __init__(self, read: Callable[[], int]) -> None:
        self.samples: list[int] = []
        self._read = read
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._stop.wait(1):
            self.samples.append(self._read())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def measure() -> list[Result]:
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.parent.mkdir(exist_ok=True)
    with sink.running() as target:
        key = make_key(DATA)
        arguments = ["--capture", target.address, "--verification", "automatic", "--log-level", "warning"]
        service = Service.start(DATA, *arguments, mode="serve")
        try:
            client_of("sesv2", service.http, key).create_email_identity(EmailIdentity=SENDER)
            figures = _ours(service, target, key)
        finally:
            service.stop()
    shutil.rmtree(DATA, ignore_errors=True)
    peers = tuple(Peer(peer.name, _theirs(peer), peer.remark) for peer in PEERS)
    return [Result("send.accept", figures["per_second"], "requests/s", "higher", peers, figures)]


def make_key(data: Path) -> Key:
    """`serve` verifies signatures, so the requests have to be signed with a key of its own."""
    data.mkdir()
    command = [sys.executable, "-m", "mailgauge.cli.main", "keys", "create", "--data", str(data)]
    done = subprocess.run([*command, "--name", "bench", "--json"], capture_output=True, check=True)
    made = json.loads(done.stdout)
    return made["AccessKeyId"], made["SecretAccessKey"]


def _ours(service: Service, target: sink.Sink, key: Key) -> dict[str, Any]:
    requests = send_email_requests(service.http, DISTINCT, key)
    warm = generate(service.http, requests, WARM_SECONDS)  # models are loaded and caches filled
    wait_for(target, warm["accepted"])
    with Watch(target.messages) as watch:
        figures = generate(service.http, requests, SECONDS)
    delivered = target.messages() - warm["accepted"]
    ended = time.monotonic()
    wait_for(target, warm["accepted"] + figures["accepted"])
    accepted = accumulate(figures.pop("each_second"))
    behind = [
        total - (sample - warm["accepted"]) for total, sample in zip(accepted, watch.samples, strict=False)
    ]
    return figures | {
        "delivered_per_second": round(delivered / SECONDS, 1),
        "backlog_each_5_s": behind[4::5],
        "backlog_at_end": figures["accepted"] - delivered,
        "seconds_to_drain": round(time.monotonic() - ended, 1),
    }


def wait_for(target: sink.Sink, messages: int, seconds: float = 120.0) -> None:
    """Until the sink has had that many; what is accepted and never arrives is an error, not a figure."""
    deadline = time.monotonic() + seconds
    while (count := target.messages()) < messages:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{messages} messages were accepted, {count} delivered after {seconds} s")
        time.sleep(0.1)


def _theirs(peer: PeerProgram) -> float:
    """A peer under the same requests, for a shorter time: it has nothing to sync and nothing to deliver."""
    with started(peer.command) as program:
        with contextlib.suppress(ClientError):  # not every peer knows identities
            client_of("sesv2", program.endpoint).create_email_identity(EmailIdentity=SENDER)
        requests = send_email_requests(program.endpoint, DISTINCT)
        return float(generate(program.endpoint, requests, PEER_SECONDS)["per_second"])
