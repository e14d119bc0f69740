"""What stands between the service and a mail server, or in its place, when the network or the server fails.

A greylisting policy server for Postfix is here too: the one part of a receiving site that nobody ships ready to run.
"""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

#: What happens to a connection, and when.
PASS = "pass"
CUT_IN_DATA = "cut in data"
CUT_BEFORE_REPLY = "cut before the reply to the message"
SILENT = "silent"


def free_port(host: str = "127.0.0.1") -> int:
    with closing(socket.socket()) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class _Threading(socketserver.ThreadingTCPServer):
    def __init__(self, host: str, port: int, handler: type[socketserver.BaseRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), handler)

    daemon_threads = True
    allow_reuse_address = True
    # A connection that is open for as long as the service keeps it must not hold up the end of the test.
    block_on_close = False


@contextmanager
def serving(host: str, port: int, serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """``serve`` for each connection, in threads; yields HOST:PORT."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                serve(self.request)

    with _Threading(host, port, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"{host}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@dataclass(slots=True)
class Greylist:
    """Lets nobody in at the first try of a sender for a recipient."""

    seen: set[tuple[str, str]] = field(default_factory=set)
    deferred: list[str] = field(default_factory=list)

    def answer(self, connection: socket.socket) -> None:
        with connection.makefile("rw", encoding="utf-8", newline="\n") as stream:
            while request := _attributes(iter(stream.readline, "")):
                key = request["sender"], request["recipient"]
                known = key in self.seen
                self.seen.add(key)
                if not known:
                    self.deferred.append(request["recipient"])
                action = "DUNNO" if known else "DEFER_IF_PERMIT 4.2.0 Greylisted, try again later"
                stream.write(f"action={action}\n\n")
                stream.flush()


def _attributes(lines: Iterator[str]) -> dict[str, str]:
    """One request of the policy protocol: NAME=VALUE lines until an empty one."""
    found: dict[str, str] = {}
    for line in lines:
        if line == "\n":
            return found
        name, _, value = line.rstrip("\n").partition("=")
        found[name] = value
    return {}


@contextmanager
def greylisting() -> Iterator[tuple[Greylist, str]]:
    greylist = Greylist()
    with serving("127.0.0.1", 0, greylist.answer) as address:
        yield greylist, address


class Wire:
    """A line to a mail server that can be cut: each new connection is treated as ``treat`` says at that moment.

    ``on_cut`` is called at the cut, before anything is closed.
    """

    def __init__(self, upstream: str) -> None:
        host, _, port = upstream.rpartition(":")
        self._upstream = host, int(port)
        self.treat: str = PASS
        self.on_cut: Callable[[], None] = lambda: None
        self.silent: list[socket.socket] = []
        self.heard = b""
        """What clients have said so far."""

    def carry(self, client: socket.socket) -> None:
        treat = self.treat
        if treat == SILENT:
            self.silent.append(client)
            while client.recv(4096):
                pass
            return
        with closing(socket.create_connection(self._upstream, 10)) as server:
            back = threading.Thread(target=self._carry_replies, args=(server, client, treat), daemon=True)
            back.start()
            self._carry_commands(client, server, treat)
            back.join(60)

    def hang_up(self) -> None:
        """Ends the connections on which nothing was ever said."""
        while self.silent:
            _shut(self.silent.pop())

    def _carry_commands(self, client: socket.socket, server: socket.socket, treat: str) -> None:
        """Cuts when half of what first follows DATA is on its way."""
        said = b""
        while chunk := _received(client):
            self.heard += chunk
            _, data, message = (said := said + chunk).upper().partition(b"\r\nDATA\r\n")
            if treat == CUT_IN_DATA and data and message:
                server.sendall(chunk[: -len(message) // 2])
                self._cut(client, server)
                return
            server.sendall(chunk)
        _shut(server)

    def _carry_replies(self, server: socket.socket, client: socket.socket, treat: str) -> None:
        """Cuts when the message was taken and the client is to hear it."""
        heard = b""
        while chunk := _received(server):
            heard += chunk
            _, go_ahead, after = heard.partition(b"\r\n354 ")
            if treat == CUT_BEFORE_REPLY and go_ahead and b"\r\n250 " in after:
                self._cut(client, server)
                return
            with suppress(OSError):
                client.sendall(chunk)
        _shut(client)

    def _cut(self, *ends: socket.socket) -> None:
        self.on_cut()
        for end in ends:
            _shut(end)


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire_to(upstream: str, host: str, port: int) -> Iterator[Wire]:
    wire = Wire(upstream)
    with serving(host, port, wire.carry):
        yield wire
