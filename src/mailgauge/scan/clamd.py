"""A client of ClamAV's daemon (clamd(8)): INSTREAM and VERSION over TCP or a Unix socket.

Plain sockets, because clamd ends a stream that is too long with an answer and a reset: streams would lose the answer.
"""

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mailgauge.scan.verdict import Clean, Infected, Unavailable, Unscannable, Verdict

CHUNK = 262_144
LONGEST_ANSWER = 4096
PATIENCE = 5.0
"""Seconds for a connection, and for the answers that take clamd no work."""


class ClamdAddressError(ValueError):
    """An address that is neither ``clamd://HOST:PORT`` nor ``unix:/PATH``."""


class ClamdError(Exception):
    """clamd could not be reached, or did not answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Tcp:
    host: str
    port: int

    def __str__(self) -> str:
        return f"clamd://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Unix:
    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


def parse_address(text: str) -> Tcp | Unix:
    """Raises ClamdAddressError."""
    if text.startswith("unix:/"):
        return Unix(text.removeprefix("unix:"))
    host, colon, port = text.removeprefix("clamd://").rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    is_number = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65535
    if not text.startswith("clamd://") or not (colon and host and is_number) or "/" in host:
        raise ClamdAddressError(f"{text!r} is not an address of clamd: write clamd://HOST:PORT or unix:/PATH")
    return Tcp(host, int(port))


class Clamd:
    """``timeout`` is how many seconds a scan may take, ``patience`` what takes clamd no work."""

    def __init__(self, address: Tcp | Unix, timeout: float, patience: float = PATIENCE) -> None:
        self.address = address
        self.timeout = timeout
        self._patience = patience

    async def scan(self, content: bytes) -> Verdict:
        try:
            async with asyncio.timeout(self.timeout):
                verdict = _verdict(await self._ask(b"INSTREAM", content))
        except ClamdError as error:
            return Unavailable(str(error))
        except TimeoutError:
            verdict = Unscannable(f"no answer within {self.timeout:g} seconds")
        if isinstance(verdict, Unscannable):  # this message, or any?
            return await self.unavailable() or verdict
        return verdict

    async def unavailable(self) -> Unavailable | None:
        """None when clamd scans. It answers PING also where it has no room for what it is sent, so that is not asked."""
        try:
            answer = await self._brief(b"INSTREAM", b"Hello.")
        except ClamdError as error:
            return Unavailable(str(error))
        return None if _verdict(answer) == Clean() else Unavailable(f"{self.address} scans nothing: {answer}")

    async def version(self) -> str:
        """Such as ``ClamAV 1.4.6/27700/Mon Nov 23 09:00:00 2026``: program, signatures, their date. Raises ClamdError."""
        return await self._brief(b"VERSION")

    async def _brief(self, command: bytes, content: bytes | None = None) -> str:
        try:
            async with asyncio.timeout(self._patience):
                return await self._ask(command, content)
        except TimeoutError:
            raise ClamdError(f"{self.address} does not answer") from None

    async def _ask(self, command: bytes, content: bytes | None = None) -> str:
        """Sends a command, with content as a stream of chunks, and returns the answer."""
        loop = asyncio.get_running_loop()
        try:
            connection = await self._connect()
        except (OSError, UnicodeError) as error:  # the latter for what is no name of a host
            raise ClamdError(f"{self.address} can't be reached: {_words(error)}") from error
        with connection:
            answer = b""
            # A stream that is too long is answered before it ends, and then no longer read.
            with suppress(OSError):
                await loop.sock_sendall(connection, b"z" + command + b"\0")
                if content is not None:
                    await _stream(connection, content)
            try:
                while b"\0" not in answer and len(answer) < LONGEST_ANSWER:
                    received = await loop.sock_recv(connection, LONGEST_ANSWER)
                    if not received:
                        break
                    answer += received
            except OSError as error:
                raise ClamdError(f"{self.address} broke off: {_words(error)}") from error
        if b"\0" not in answer:
            raise ClamdError(f"{self.address} closed the connection without an answer")
        return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()

    async def _connect(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        if isinstance(self.address, Unix):
            return await _connected(socket.AF_UNIX, self.address.path)
        found = await loop.getaddrinfo(self.address.host, self.address.port, type=socket.SOCK_STREAM)
        for family, _, _, _, where in found[:-1]:
            with suppress(OSError):
                return await _connected(family, where)
        return await _connected(found[-1][0], found[-1][4])


async def _connected(family: int, where: tuple[Any, ...] | str) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        async with asyncio.timeout(PATIENCE):
            await asyncio.get_running_loop().sock_connect(connection, where)
    except BaseException as error:
        connection.close()
        if isinstance(error, TimeoutError):
            raise OSError("no connection in time") from error
        raise
    return connection


async def _stream(connection: socket.socket, content: bytes) -> None:
    """Chunks, each after its length; an empty one ends the stream. Nothing is copied but the last bytes."""
    loop = asyncio.get_running_loop()
    view = memoryview(content)
    for at in range(0, len(content), CHUNK):
        chunk = view[at : at + CHUNK]
        await loop.sock_sendall(connection, len(chunk).to_bytes(4, "big"))
        await loop.sock_sendall(connection, chunk)
    await loop.sock_sendall(connection, bytes(4))


def _verdict(answer: str) -> Verdict:
    """``stream: OK``, ``stream: NAME FOUND``, or an error in words."""
    if answer == "stream: OK":
        return Clean()
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return Infected(answer.removeprefix("stream: ").removesuffix(" FOUND"))
    return Unscannable(answer.removesuffix("ERROR").strip(" .") or "an empty answer")


def _words(error: OSError | UnicodeError) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
