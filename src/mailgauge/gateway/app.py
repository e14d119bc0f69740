"""The ASGI application for uvicorn: mounted applications at their prefixes, the AWS APIs at every other path.

It reads requests and sends responses; what they mean is the gateway's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpResponse
from mailgauge.base.asgi import App, Receive, Scope, Send
from mailgauge.gateway import asgi
from mailgauge.gateway.bodies import Bodies, BodyTooLargeError, DisconnectedError, NoRoomError, StalledError
from mailgauge.gateway.dispatch import Gateway
from mailgauge.gateway.forwarded import Proxies
from mailgauge.gateway.guards import FromElsewhere, Guard

_IN_CLEAR = "HTTP without TLS is for the proxies of this service. Use its https:// address."


@dataclass(frozen=True, slots=True)
class Mount:
    """An application at a prefix. It sees the whole path, and the prefix as ``root_path``.

    ``from_elsewhere`` counts in the open mode only. ``in_clear``: it tells nothing that plain HTTP would give away.
    """

    app: App
    from_elsewhere: FromElsewhere = FromElsewhere.NOTHING
    in_clear: bool = False


class EndpointApp:
    """``mounts`` maps prefixes (``/console``) to applications. ``guard`` is given in the open mode only. ``home`` is where
    a person who opens the bare address in a browser gets. ``proxies`` speak for others.
    """

    def __init__(
        self,
        gateway: Gateway,
        mounts: Mapping[str, Mount],
        *,
        guard: Guard | None = None,
        home: str | None = None,
        bodies: Bodies | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        self._gateway = gateway
        # The longest prefix wins.
        self._mounts = sorted(mounts.items(), key=lambda item: -len(item[0]))
        self._guard = guard
        self._home = home
        self._bodies = bodies or Bodies()
        self._proxies = proxies or Proxies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = asgi.joined_headers(scope)
        is_plain = self._proxies.turn_away(scope)
        scope = self._proxies.unfold(scope, headers)
        path = scope["path"]
        for prefix, mount in self._mounts:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in {"", "/"}:
                if is_plain and not mount.in_clear:
                    break
                app = self._guarded(mount, scope["method"], headers)
                await app({**scope, "root_path": f"{scope.get('root_path', '')}{prefix}"}, receive, send)
                return
        if is_plain:
            await _refusing(_IN_CLEAR)(scope, receive, send)
            return
        if self._home is not None and _is_visit(scope, headers):
            visit = self._guarded(Mount(_leading(self._home), FromElsewhere.LINK), scope["method"], headers)
            await visit(scope, receive, send)
            return
        response = await self._serve_aws(headers, scope, receive)
        if response is not None:
            await asgi.respond(send, response.status, response.headers, response.body)

    def _guarded(self, mount: Mount, method: str, headers: Mapping[str, str]) -> App:
        refusal = self._guard and self._guard.refusal(method, headers, mount.from_elsewhere)
        return _refusing(refusal) if refusal else mount.app

    async def _serve_aws(
        self, headers: Mapping[str, str], scope: Scope, receive: Receive
    ) -> HttpResponse | None:
        refusal = self._guard and self._guard.refusal(scope["method"], headers)
        if refusal:
            return self._refuse(scope, headers, AwsError("AccessDenied", refusal, status=403))
        try:
            async with self._bodies.read(headers, receive) as body:
                request = asgi.http_request(scope, headers, body, asgi.gone(receive))
                return await self._gateway.handle(request)
        except BodyTooLargeError:
            text = f"The request is larger than {self._bodies.limit} bytes."
            return self._refuse(scope, headers, AwsError("RequestEntityTooLarge", text, status=413))
        except NoRoomError:
            text = "Too many large requests are being received. Try again in a moment."
            return self._refuse(scope, headers, AwsError("ServiceUnavailable", text, status=503))
        except StalledError:
            text = "The rest of the request did not come in time."
            return self._refuse(scope, headers, AwsError("RequestTimeout", text, status=408))
        except DisconnectedError:
            return None

    def _refuse(self, scope: Scope, headers: Mapping[str, str], error: AwsError) -> HttpResponse:
        return self._gateway.refuse(asgi.http_request(scope, headers, b""), error)


def _is_visit(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Somebody typed the address: API calls at this path have a body, a query or a signature."""
    return (
        scope["method"] == "GET"
        and scope["path"] == "/"
        and not scope["query_string"]
        and "authorization" not in headers
        and "text/html" in headers.get("accept", "")
    )


def _leading(place: str) -> App:
    headers = [("location", place), ("cache-control", "no-store")]

    async def lead(scope: Scope, receive: Receive, send: Send) -> None:
        await asgi.respond(send, 303, headers, b"")

    return lead


def _refusing(reason: str) -> App:
    headers = [("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff")]

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await asgi.respond(send, 403, headers, f"{reason}\n".encode())

    return refuse


async def _live(receive: Receive, send: Send) -> None:
    """Start and stop are the server's business; uvicorn only needs an answer."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
