"""Sends prepared requests over raw sockets, as fast as they are answered or so many a second, in a process of its own.

Reads nothing but status and length of an answer, so that little of the machine goes to measuring it. The requests come
as a pickle on standard input; one JSON object with the figures goes to standard output.
"""

import argparse
import asyncio
import json
import pickle
import sys
import time
from collections import Counter
from itertools import cycle
from typing import Any, cast

import uvloop


class Load:
    """What all connections share: the requests, the deadline, the counts. ``rate`` 0 is as fast as they are answered."""

    def __init__(self, requests: list[bytes], seconds: float, rate: float = 0.0) -> None:
        self.requests = cycle(requests)
        self.rate = rate
        self.begun = 0
        self.start = time.perf_counter()
        self.end = self.start + seconds
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.per_second: Counter[int] = Counter()
        self.first_error = ""

    def pause(self) -> float:
        """Seconds until the next request is to be sent."""
        if not self.rate:
            return 0.0
        self.begun += 1
        return self.start + self.begun / self.rate - time.perf_counter()

    def answered(self, status: int, began: float, answer: bytes) -> None:
        now = time.perf_counter()
        self.statuses[status] += 1
        if status == 200:
            self.latencies.append(now - began)
            self.per_second[int(now - self.start)] += 1
        elif not self.first_error:
            self.first_error = answer[:500].decode("latin-1")

    def figures(self) -> dict[str, Any]:
        ordered = sorted(self.latencies)

        def quantile(part: float) -> float:
            return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else 0.0

        seconds = time.perf_counter() - self.start
        return {
            "accepted": len(ordered),
            "seconds": round(seconds, 3),
            "per_second": round(len(ordered) / seconds, 1),
            "p50_ms": round(quantile(0.50), 2),
            "p99_ms": round(quantile(0.99), 2),
            "each_second": [self.per_second[second] for second in range(int(seconds))],
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "first_error": self.first_error,
        }


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request on its way at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._began = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._next()

    def _next(self) -> None:
        pause = self._load.pause()
        if pause > 0:
            asyncio.get_running_loop().call_later(pause, self._send)
        else:
            self._send()

    def _send(self) -> None:
        self._began = time.perf_counter()
        if self._began >= self._load.end:
            self._transport.close()
        else:
            self._transport.write(next(self._load.requests))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        if len(self._buffer) < head_end + 4 + _length(head):
            return
        answer, self._buffer = self._buffer, b""
        self._load.answered(int(head[9:12]), self._began, answer)
        if b"\r\nconnection: close" in head or head.startswith(b"http/1.0"):
            self._transport.close()  # the peer's choice; the loop below connects again
        else:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


def _length(head: bytes) -> int:
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        return 0
    return int(head[at + 17 :].split(b"\r\n", 1)[0])


async def drive(
    host: str, port: int, requests: list[bytes], connections: int, seconds: float, *, rate: float = 0.0
) -> dict[str, Any]:
    load = Load(requests, seconds, rate)
    loop = asyncio.get_running_loop()

    async def one() -> None:
        while time.perf_counter() < load.end:
            _, protocol = await loop.create_connection(lambda: Connection(load), host, port)
            await protocol.closed

    # An answer that never comes would hold the connection, and the figures, for ever.
    async with asyncio.timeout(seconds + 30), asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one())
    return load.figures()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=0.0)
    options = parser.parse_args()
    requests = pickle.load(sys.stdin.buffer)
    figures = uvloop.run(
        drive(options.host, options.port, requests, options.connections, options.seconds, rate=options.rate)
    )
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
