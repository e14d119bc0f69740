"""[memory.idle]: resident memory of all processes, ten seconds after the first answered request."""

import tempfile
import time
from pathlib import Path

from bench.memory import megabytes
from bench.peers import PEERS, started
from bench.result import Peer, Result
from bench.start_cold import local

SETTLE_SECONDS = 10


def measure() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder, started(lambda port: local(Path(folder), port)) as program:
        time.sleep(SETTLE_SECONDS)
        ours = megabytes(program.pid)
    peers = []
    for peer in PEERS:
        with started(peer.command) as program:
            time.sleep(SETTLE_SECONDS)
            peers.append(Peer(peer.name, megabytes(program.pid)["rss"], "keeps all it holds in memory"))
    detail = {"pss_mb": round(ours["pss"], 1)}
    return [Result("memory.idle", ours["rss"], "MB", "lower", tuple(peers), detail)]
