"""[start.cold]: from starting the process on an empty data directory to its first answered request."""

import statistics
import sys
import tempfile
from pathlib import Path

from bench.peers import PEERS, PeerProgram, started
from bench.result import Peer, Result

ROUNDS = 5


def local(data: Path, port: int) -> list[str]:
    command = [sys.executable, "-m", "mailgauge.cli.main", "local", "--data", str(data)]
    free = [each for name in ("smtp", "smtps", "inbound") for each in (f"--{name}", "127.0.0.1:0")]
    return [*command, "--listen", f"127.0.0.1:{port}", *free]


def measure() -> list[Result]:
    ours = []
    for _ in range(ROUNDS):
        with (
            tempfile.TemporaryDirectory() as folder,
            started(lambda port: local(Path(folder), port)) as program,
        ):
            if program.status != 200:
                raise RuntimeError(f"the first request was answered {program.status}")
            ours.append(program.seconds)
    peers = []
    for peer in PEERS:
        theirs, status = _rounds(peer)
        peers.append(Peer(peer.name, theirs, f"opens no data directory; its first answer is {status}"))
    detail = {"rounds": [round(seconds, 3) for seconds in ours]}
    return [Result("start.cold", statistics.median(ours), "s", "lower", tuple(peers), detail)]


def _rounds(peer: PeerProgram) -> tuple[float, int]:
    seconds, status = [], 0
    for _ in range(ROUNDS):
        with started(peer.command) as program:
            seconds.append(program.seconds)
            status = program.status
    return statistics.median(seconds), status
