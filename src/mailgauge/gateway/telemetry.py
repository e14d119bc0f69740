"""``/metrics``: for this machine, and for who has the token. It says nothing to others, not even that it is there."""

import hmac
from collections.abc import Awaitable, Callable

from mailgauge.base.asgi import App, Receive, Scope, Send
from mailgauge.gateway.asgi import joined_headers, respond
from mailgauge.gateway.guards import is_loopback

_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")


def telemetry_app(collect: Callable[[], Awaitable[bytes]], content_type: str, token: str) -> App:
    """``token`` empty: loopback only."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        headers = joined_headers(scope)
        if not (_has_token(headers.get("authorization", ""), token) or _is_here(scope, headers)):
            await respond(send, 404, [("content-type", "text/plain; charset=utf-8")], b"Not found.\n")
            return
        body = await collect()
        await respond(send, 200, [("content-type", content_type), ("cache-control", "no-store")], body)

    return answer


def _has_token(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    return (
        bool(token)
        and scheme.lower() == "bearer"
        and hmac.compare_digest(given.strip().encode(), token.encode())
    )


def _is_here(scope: Scope, headers: dict[str, str]) -> bool:
    """A proxy on this machine speaks for others, whether it is one that we were told of or not."""
    client = scope.get("client") or ("",)
    return is_loopback(client[0]) and not any(name in headers for name in _FORWARDED)
