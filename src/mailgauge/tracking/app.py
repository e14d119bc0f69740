"""What answers at ``/_t``: the pixel, and the way to where a link leads. An ASGI application.

The answer comes first, out of the token alone; the visit is handed on right behind it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from mailgauge.base.asgi import Receive, Scope, Send
from mailgauge.base.clock import Clock
from mailgauge.tracking.machines import asks_ahead
from mailgauge.tracking.rewriting import CLICK, OPEN, TRAP
from mailgauge.tracking.tokens import InvalidTokenError, Link, Tokens
from mailgauge.tracking.visits import Clients, Visit

log = logging.getLogger(__name__)

Answer = Callable[[Send], Awaitable[None]]
Record = Callable[[Visit], Awaitable[None]]

LARGEST_HEADER = 8192
MOST_WAITING = 1000
"""Visits answered and not yet recorded; the next ones wait before they are answered."""

LONGEST_WAIT = 2.0
"""Seconds until a person is led on whether the visit can be counted or not."""

_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_LONGEST_AGENT = 1024
_NO_CONTENT = 204
_ALWAYS = [
    (b"cache-control", b"no-store, max-age=0"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-robots-tag", b"noindex, nofollow"),
]
_GONE = "This link is not complete. Please copy all of it from the message, or go to the sender's site."


class TrackingApp:
    """``record`` returns once a visit is kept for good."""

    def __init__(self, tokens: Tokens, record: Record, clock: Clock) -> None:
        self._tokens = tokens
        self._record = record
        self._clock = clock
        self._clients = Clients()
        self._room = asyncio.Semaphore(MOST_WAITING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            await _page(send, 405, "Open this link in a browser.")
        elif sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > LARGEST_HEADER:
            await _page(send, 400, f"The header of the request is larger than {LARGEST_HEADER} bytes.")
        else:
            await self._visit(scope, send)

    async def _visit(self, scope: Scope, send: Send) -> None:
        kind, _, token = scope["path"].removeprefix(scope.get("root_path", "")).strip("/").partition("/")
        try:
            if kind == OPEN:
                message_id = self._tokens.opened(token.removesuffix(".gif"))
                await self._count(scope, send, _picture, message_id)
            elif kind == CLICK:
                message_id, link = self._tokens.clicked(token)
                await self._count(scope, send, partial(_lead, to=link.url), message_id, link)
            elif kind == TRAP:
                self._clients.tell(self._tokens.trapped(token), _address(scope), self._clock.monotonic())
                await _respond(send, 204, [], b"")
            else:
                await _page(send, 404, _GONE)
        except InvalidTokenError:
            await _page(send, 400, _GONE)

    async def _count(
        self, scope: Scope, send: Send, answer: Answer, message_id: str, link: Link | None = None
    ) -> None:
        """Answers, and has the visit recorded. A look at the headers alone is none, but tells of a machine."""
        if scope["method"] == "HEAD":
            self._clients.tell(message_id, _address(scope), self._clock.monotonic())
            await answer(send)
            return
        visit = self._seen(scope, message_id, link)
        if not await self._has_room():
            log.error("visit not counted: recording is too slow", extra={"message_id": message_id})
            await answer(send)
            return
        try:
            await answer(send)
        finally:
            try:
                await self._record(visit)
            finally:
                self._room.release()

    def _seen(self, scope: Scope, message_id: str, link: Link | None) -> Visit:
        address, now = _address(scope), self._clock.monotonic()
        if link is not None:
            self._clients.follow(message_id, address, link.number, now)
        headers = {
            name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in scope["headers"]
        }
        told = asks_ahead(headers) or self._clients.is_told(message_id, address, now)
        agent = _shown(headers.get("user-agent", ""))
        return Visit(message_id, self._clock.now(), address, agent, link, told)

    async def _has_room(self) -> bool:
        """Those who come while many wait to be recorded wait as well, but not for ever."""
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._room.acquire()
        except TimeoutError:
            return False
        return True


async def _picture(send: Send) -> None:
    await _respond(send, 200, [(b"content-type", b"image/gif")], _GIF)


async def _lead(send: Send, to: str) -> None:
    await _respond(send, 302, [(b"location", to.encode("ascii"))], b"")


async def _page(send: Send, status: int, text: str) -> None:
    await _respond(send, status, [(b"content-type", b"text/plain; charset=utf-8")], f"{text}\n".encode())


async def _respond(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = [] if status == _NO_CONTENT else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers + length + _ALWAYS})
    await send({"type": "http.response.body", "body": body})


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _shown(agent: str) -> str:
    """A User-Agent as it can be kept and shown: without control characters, and not without end."""
    return "".join(each if each.isprintable() else " " for each in agent[:_LONGEST_AGENT]).strip()
