"""The bytes of one SMTP connection, server side: lines and messages in, replies out, TLS, and how long to wait.

It knows no command. A message ends only at CRLF.CRLF, so a bare line end can't smuggle another one in, and what was sent
in the clear after STARTTLS is thrown away (RFC 3207, section 4.2).
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from mailgauge.smtp.room import Share

_LONGEST_LINE = 4096
_MOST_WAITING = 64 * 1024
"""Bytes that may wait while nobody reads: pipelined commands, not messages."""
_MOST_DROPPED = 64 * 1024 * 1024
_END = b"\r\n.\r\n"
HANDSHAKE_SECONDS = 15.0
_LINGER_SECONDS = 2.0


class GoneError(Exception):
    """The peer has closed the connection, or is not to be listened to any longer."""


class SilentError(Exception):
    """The peer has said nothing for too long."""


class LineTooLongError(Exception):
    """A line no command has; it was read up to its end and dropped."""


class MessageTooLongError(Exception):
    """A message beyond the limit; it was read up to its end and dropped."""


class NoRoomError(Exception):
    """There is no memory for a message now; it was read up to its end and dropped."""


class Wire(asyncio.Protocol):
    """``begin`` is called with it once it is connected. One coroutine reads; replies are sent together where it can."""

    def __init__(self, begin: Callable[["Wire"], None], ended: Callable[["Wire"], None]) -> None:
        self._begin = begin
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        # Some loops' transports are no asyncio.Transport, though they do what one does.
        self._transport: Any = None
        self._buffer = bytearray()
        self._replies: list[bytes] = []
        self._waiter: asyncio.Future[bool] | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._reading = False
        self._paused = False
        self._full = False
        self._eof = False
        self._hung_up = False
        self._closed = self._loop.create_future()
        self.peer = ""

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if peer else ""
        self._begin(self)

    def data_received(self, data: bytes) -> None:
        if self._linger is not None:
            return
        self._buffer += data
        if not self._reading and len(self._buffer) > _MOST_WAITING and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._eof = self._hung_up = True
        self._wake()
        # Who has nothing more to say may still want to hear; TLS has no such half.
        return self._linger is None and self.tls_version is None

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._eof = True
        self._buffer.clear()
        self._full = False
        self._wake()
        if self._linger is not None:
            self._linger.cancel()
        if not self._closed.done():
            self._closed.set_result(None)
            self._ended(self)

    # What the dialogue asks for.

    @property
    def tls_version(self) -> str | None:
        tls = self._transport.get_extra_info("ssl_object")
        return None if tls is None else str(tls.version())

    async def line(self, seconds: float) -> bytes:
        """The next line without its end, which has to be there in this time. Raises GoneError, SilentError, LineTooLongError."""
        until = self._loop.time() + seconds
        dropped = searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if dropped + searched > _LONGEST_LINE:
                dropped += searched
                self._buffer.clear()
                searched = 0
                if dropped > _MOST_WAITING:
                    raise GoneError
            await self._more(until)
        found = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        if dropped or len(found) > _LONGEST_LINE:
            raise LineTooLongError
        return found

    async def message(self, most: int, share: Share, pause: float, seconds: float) -> bytearray:
        """What is sent up to CRLF.CRLF, as it is sent and behind a CRLF: at most ``most`` bytes.

        ``pause`` is how long nothing may come, ``seconds`` how long all of it may take. Raises GoneError, SilentError,
        MessageTooLongError, NoRoomError.
        """
        until = self._loop.time() + seconds
        self._buffer[:0] = b"\r\n"
        dropped = searched = 0
        is_covered = True
        while (end := self._buffer.find(_END, searched)) < 0:
            searched = max(0, len(self._buffer) - len(_END) + 1)
            is_covered = is_covered and share.covers(searched)
            if searched > most or not is_covered:
                dropped += searched
                del self._buffer[:searched]
                searched = 0
                if dropped > most + _MOST_DROPPED:
                    raise GoneError
            await self._more(min(until, self._loop.time() + pause))
        # Not copied, because it may be large.
        taken, self._buffer = self._buffer, self._buffer[end + len(_END) :]
        del taken[end + 2 :]
        if dropped + len(taken) - 2 > most:
            raise MessageTooLongError
        if not is_covered:
            raise NoRoomError
        return taken

    def say(self, reply: bytes) -> None:
        """Sent at the latest when there is nothing more to read."""
        self._replies.append(reply)

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Sends what was said, and goes on encrypted. Raises GoneError when that fails."""
        await self._flush(self._loop.time() + HANDSHAKE_SECONDS)
        self._resume()
        self._buffer.clear()
        try:
            self._transport = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        except OSError as error:  # ssl.SSLError is one
            # Not every loop tells of the end of a connection that never got through its handshake.
            self._transport.close()
            self.connection_lost(error)
            raise GoneError from error

    def finish(self) -> None:
        """Listens no longer: whoever waits for the peer gets GoneError, who answers it may end that."""
        self._eof = True
        self._wake()

    def turn_away(self, reply: bytes) -> None:
        """For a peer that has said nothing yet."""
        self._transport.write(reply)
        self._transport.close()

    def close(self) -> None:
        """What was said is still sent, unless the peer does not read."""
        if self._linger is not None or self._closed.done():
            return
        self._send()
        if self._full:
            self._transport.abort()
            return
        # Who neither reads nor hangs up would keep the connection for ever.
        self._linger = self._loop.call_later(_LINGER_SECONDS, self._transport.abort)
        if self._hung_up or not self._transport.can_write_eof():
            self._transport.close()
        else:
            # What still comes is taken and dropped: closing on it would take back what was said (RFC 1122, 4.2.2.13).
            self._transport.write_eof()
            self._resume()

    async def closed(self, seconds: float) -> None:
        """Returns when the connection is gone; cuts it off after this time."""
        await asyncio.wait([self._closed], timeout=seconds)
        if not self._closed.done():
            self._transport.abort()

    async def _more(self, until: float) -> None:
        await self._flush(until)
        if self._eof:
            raise GoneError
        self._resume()
        self._reading = True
        try:
            await self._wait(until)
        finally:
            self._reading = False

    async def _flush(self, until: float) -> None:
        self._send()
        while self._full:
            await self._wait(until)

    def _send(self) -> None:
        if self._replies:
            self._transport.write(b"".join(self._replies))
        self._replies.clear()

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    async def _wait(self, until: float) -> None:
        self._waiter = waiter = self._loop.create_future()
        timer = self._loop.call_at(until, _settle, waiter, False)
        try:
            in_time = await waiter
        finally:
            timer.cancel()
            self._waiter = None
        if not in_time or self._loop.time() >= until:
            raise SilentError

    def _wake(self) -> None:
        if self._waiter is not None:
            _settle(self._waiter, True)


def _settle(waiter: "asyncio.Future[bool]", in_time: bool) -> None:
    if not waiter.done():
        waiter.set_result(in_time)
