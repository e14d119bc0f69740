"""An SMTP server that takes every message and forgets it, in a process of its own; made to cost little.

``XCOUNT`` answers how many messages and recipients it has taken. It prints its address when it listens.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import uvloop

END = b"\r\n.\r\n"
SIMPLE = {
    b"EHLO": b"250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 SIZE 67108864\r\n",
    b"HELO": b"250 sink.example\r\n",
    b"RSET": b"250 2.0.0 ok\r\n",
    b"NOOP": b"250 2.0.0 ok\r\n",
    b"MAIL": b"250 2.1.0 ok\r\n",
    b"DATA": b"354 go ahead\r\n",
    b"RCPT": b"250 2.1.5 ok\r\n",
}


class Counts:
    def __init__(self) -> None:
        self.messages = 0
        self.recipients = 0


class Session(asyncio.Protocol):
    """One client; text outside DATA is read line by line, DATA is only searched for its end."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._buffer = b""
        self._in_data = False
        self._recipients = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._take_data() if self._in_data else self._take_line():
            pass

    def _take_data(self) -> bool:
        # The line that ends DATA may be the first one: then its line break is the command's.
        at = -2 if self._buffer.startswith(END[2:]) else self._buffer.find(END)
        if at == -1:
            return False
        self._buffer = self._buffer[at + len(END) :]
        self._in_data = False
        self._counts.messages += 1
        self._counts.recipients += self._recipients
        self._recipients = 0
        self._transport.write(b"250 2.0.0 taken\r\n")
        return True

    def _take_line(self) -> bool:
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            return False
        self._buffer = rest
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._recipients += 1
        elif verb in {b"MAIL", b"RSET"}:
            self._recipients = 0
        self._in_data = verb == b"DATA"
        if verb == b"QUIT":
            self._transport.write(b"221 2.0.0 bye\r\n")
            self._transport.close()
            return False
        if line.upper() == b"XCOUNT":
            self._transport.write(b"250 %d %d\r\n" % (self._counts.messages, self._counts.recipients))
        else:
            self._transport.write(SIMPLE.get(verb, b"502 5.5.1 not here\r\n"))
        return True


async def serve() -> None:
    counts = Counts()
    server = await asyncio.get_running_loop().create_server(lambda: Session(counts), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    sys.stdout.write(f"{host}:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


class Sink:
    """The sink as its starter sees it."""

    def __init__(self, address: str) -> None:
        self.address = address
        host, _, port = address.partition(":")
        self._connection = socket.create_connection((host, int(port)), timeout=10)
        self._lines = self._connection.makefile("rwb")
        self._lines.readline()

    def messages(self) -> int:
        self._lines.write(b"XCOUNT\r\n")
        self._lines.flush()
        return int(self._lines.readline().split()[1])

    def close(self) -> None:
        self._lines.close()
        self._connection.close()


@contextmanager
def running() -> Iterator[Sink]:
    with subprocess.Popen([sys.executable, "-m", "bench.sink"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            sink = Sink(process.stdout.readline().strip())
            yield sink
            sink.close()
        finally:
            process.terminate()


if __name__ == "__main__":
    uvloop.run(serve())
