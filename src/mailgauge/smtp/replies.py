"""The wire of an open client connection: commands out, replies in, in their order, so that several may be under way (RFC 2920).

It takes an opened connection over from aiosmtplib, whose own protocol loses replies that come together.
"""

import asyncio
from collections import deque
from typing import NamedTuple

import aiosmtplib

MOST = 32_768
"""Bytes of a reply: a server that goes on without an end is not to fill the memory."""
MOST_WAITING = 200
"""Replies that nobody has asked for yet: more than there are commands of a transaction."""


class Said(NamedTuple):
    code: int
    text: str


class Replies(asyncio.Protocol):
    """What fails comes as aiosmtplib's exceptions, as when the connection is opened."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._buffer = b""
        self._lines: list[bytes] = []
        self._size = 0
        self._heard: deque[Said] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        transport.set_protocol(self)

    @property
    def is_usable(self) -> bool:
        """Whether it is open, and nothing was said that nobody had asked for: that is a goodbye."""
        return not self._heard and not self.is_lost

    @property
    def is_lost(self) -> bool:
        return self._error is not None or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        if self._error is not None:
            raise self._error
        if self._transport.is_closing():
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        self._transport.write(data)

    async def reply(self, patience: float) -> Said:
        """The next reply."""
        if not self._heard and self._error is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(patience):
                    await self._waiter
            except TimeoutError as error:
                raise aiosmtplib.SMTPReadTimeoutError("Timed out waiting for server response") from error
            finally:
                self._waiter = None
        if self._heard:  # what was said before the connection broke still counts
            return self._heard.popleft()
        assert self._error is not None
        raise self._error

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._error is not None:
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if not self._take(line.rstrip(b"\r")):
                return
        if self._size + len(self._buffer) > MOST:
            self._hang_up("Response too long")
        self._wake()

    def _take(self, line: bytes) -> bool:
        """Whether to go on listening."""
        self._lines.append(line[4:].strip())
        self._size += len(line)
        if not line[:3].isdigit():
            text = line[:MOST].decode("utf-8", "replace")
            return self._hang_up(f"Malformed SMTP response line: {text}")
        if self._size > MOST:
            return self._hang_up("Response too long")
        if len(self._heard) >= MOST_WAITING:
            return self._hang_up("Too many replies")
        if line[3:4] != b"-":
            self._heard.append(
                Said(int(line[:3]), b"\n".join(self._lines).decode("utf-8", "surrogateescape"))
            )
            self._lines, self._size = [], 0
        return True

    def eof_received(self) -> bool:
        self._fail(aiosmtplib.SMTPServerDisconnected("Unexpected EOF received"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        error = aiosmtplib.SMTPServerDisconnected("Connection lost")
        error.__cause__ = exc
        self._fail(error)

    def _hang_up(self, why: str) -> bool:
        """Listening to a server that talks on and on takes the time of all others, when its connection is at rest as well."""
        self._fail(aiosmtplib.SMTPResponseException(-1, why))
        self._transport.abort()
        return False

    def _fail(self, error: Exception) -> None:
        """The first failure is the cause; those after it only follow from it."""
        self._error = self._error or error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done() and (self._heard or self._error is not None):
            self._waiter.set_result(None)
