"""Reading request bodies: each up to a limit, and all of them together within a budget of memory.

Bodies are read before their callers are known (the signature covers them), so whoever reaches the port can send them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from mailgauge.base.asgi import Receive

# The largest SES message is 40 MB; base64 and the JSON or form around it add a half.
BODY_LIMIT = 64 * 1024 * 1024
ALL_BODIES = 256 * 1024 * 1024
# The first bytes of a body count for nothing: they are no more than what the web server itself buffers for a connection,
# and so the calls of everybody else get through while a few large bodies fill the budget.
_FREE = 64 * 1024
_PATIENCE_SECONDS = 60.0


class BodyTooLargeError(Exception):
    """The body is larger than the limit; what is left of it was not read."""


class NoRoomError(Exception):
    """All bodies together would be larger than the budget; what is left of this one was not read."""


class DisconnectedError(Exception):
    """The client went away before its request was complete."""


class StalledError(Exception):
    """The client has begun its request, and sends no more of it."""


class Bodies:
    """``limit`` holds for one body, ``budget`` for all that are in memory."""

    def __init__(self, limit: int = BODY_LIMIT, budget: int = ALL_BODIES) -> None:
        self.limit = limit
        self._room = budget

    @asynccontextmanager
    async def read(self, headers: Mapping[str, str], receive: Receive) -> AsyncIterator[bytes]:
        """The whole body, counted until its request is answered. Raises this module's errors as soon as they are sure."""
        stated = headers.get("content-length", "")
        if stated.isdigit() and int(stated[:20]) > self.limit:
            raise BodyTooLargeError
        taken = 0
        chunks: list[bytes] = []
        size, more = 0, True
        try:
            while more:
                # What has sent nothing yet holds nothing; its connection's timeout is the web server's business.
                chunk, more = await (_next(receive) if not size else _soon(receive))
                size += len(chunk)
                if size > self.limit:
                    raise BodyTooLargeError
                needed = max(size - _FREE, 0) - taken
                if needed > self._room:
                    raise NoRoomError
                self._room -= needed
                taken += needed
                chunks.append(chunk)
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            chunks.clear()
            yield body
        finally:
            self._room += taken


async def _next(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise DisconnectedError
    return message.get("body", b""), message.get("more_body", False)


async def _soon(receive: Receive) -> tuple[bytes, bool]:
    try:
        return await asyncio.wait_for(_next(receive), _PATIENCE_SECONDS)
    except TimeoutError:
        raise StalledError from None
