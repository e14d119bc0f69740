"""The console's routes as an ASGI application, built from plain values: the page, signing in and out, and API calls.

Each request is checked anew: is it the page's own, is the session signed and not over, is its key still in use.
"""

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from mailgauge.aws.models import Models
from mailgauge.aws.request import Caller
from mailgauge.aws.sigv4 import REGION
from mailgauge.base.clock import Clock
from mailgauge.base.ids import new_request_id
from mailgauge.base.scope import Scope
from mailgauge.console.calls import ApiCalls, GatewayClient, error_body
from mailgauge.console.door import Door, Visitor
from mailgauge.console.guard import SECURITY_HEADERS, foreign
from mailgauge.console.session import COOKIE, LASTS, Session, SessionSigner
from mailgauge.console.static import StaticPage
from mailgauge.console.throttle import FailureLimit
from mailgauge.gateway import asgi
from mailgauge.iam.authentication import DEFAULT_REGION, OPEN_ACCOUNT

log = logging.getLogger(__name__)

MOST_BODY = 16 * 1024 * 1024
LONGEST_KEY_ID = 128
BUILT_PAGE = Path(__file__).with_name("static")

PREFIX = "/console"
"""Where the page is mounted; it is built for this place."""


@dataclass(frozen=True, slots=True)
class _Present:
    """Who sits in front of the page."""

    visitor: Visitor
    session: Session


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.response = _json(error_body(code, text), status, headers)


def console_app(
    *,
    client: GatewayClient,
    door: Door,
    models: Models,
    services: Collection[str],
    clock: Clock,
    session_secret: bytes,
    static: Path = BUILT_PAGE,
    region: str = DEFAULT_REGION,
) -> ASGIApp:
    """The console, to be mounted at ``/console``. ``services`` are the API names it may call, ``region`` what the sign-in form proposes."""
    page = StaticPage(static)
    routes = _Routes(ApiCalls(client, models, services), door, clock, SessionSigner(session_secret), region)
    app = Starlette(
        routes=[
            Route("/", page.page),
            Route("/api/session", _guarded(routes.session)),
            Route("/api/sign-in", _guarded(routes.sign_in), methods=["POST"]),
            Route("/api/sign-out", _guarded(routes.sign_out), methods=["POST"]),
            Route("/api/{service}/{operation}", _guarded(routes.call), methods=["POST"]),
            Route("/{name:path}", page.file),
        ],
    )
    return _with_headers(app, clock)


class _Routes:
    def __init__(
        self, calls: ApiCalls, door: Door, clock: Clock, signer: SessionSigner, default_region: str
    ) -> None:
        self._calls = calls
        self._door = door
        self._clock = clock
        self._signer = signer
        self._default_region = default_region
        self._limit = FailureLimit()

    async def session(self, request: Request) -> Response:
        present = await self._present(request)
        return _json(orjson.dumps(self._describe(present)))

    async def sign_in(self, request: Request) -> Response:
        fields = _fields(await _body(request), "accessKeyId", "secretAccessKey", "region")
        address, now = _address(request), self._clock.monotonic()
        wait = self._limit.blocked_for(address, now)
        if wait > 0:
            text = f"Too many failed attempts from this address. Try again in {int(wait // 60) + 1} minutes."
            raise _RefusedError(429, "TooManyRequestsException", text, {"retry-after": str(int(wait) + 1)})
        if not REGION.fullmatch(fields["region"]):
            raise _RefusedError(400, "ValidationError", "That is not the name of a Region.")
        if len(fields["accessKeyId"]) > LONGEST_KEY_ID:  # it goes into a cookie, where everybody is let in
            raise _RefusedError(400, "ValidationError", "An access key ID has at most 128 characters.")
        visitor = await self._door.enter(fields["accessKeyId"], fields["secretAccessKey"])
        if visitor is None:
            self._limit.failed(address, now)
            who = {"access_key_id": fields["accessKeyId"], "source_ip": address}
            log.info("console sign-in refused", extra=who)
            raise _RefusedError(
                403, "SignInFailed", "The access key ID and the secret access key don't match a key in use."
            )
        self._limit.succeeded(address)
        session = Session(visitor.access_key_id, fields["region"], int(self._clock.real()) + LASTS)
        response = _json(orjson.dumps(self._describe(_Present(visitor, session))))
        response.set_cookie(
            COOKIE,
            self._signer.seal(session),
            max_age=LASTS,
            path=PREFIX,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    async def sign_out(self, request: Request) -> Response:
        response = _json(orjson.dumps(self._describe(None)))
        response.delete_cookie(COOKIE, path=PREFIX)
        return response

    async def call(self, request: Request) -> Response:
        present = await self._present(request)
        if present is None:
            raise _RefusedError(401, "SignedOut", "Your session has ended. Sign in again.")
        service, operation = request.path_params["service"], request.path_params["operation"]
        caller = self._caller(request, present)
        policy = present.visitor.policy
        status, body = await self._calls.answer(caller, policy, service, operation, await _body(request))
        return _json(body, status, {"x-amzn-requestid": caller.request_id})

    async def _present(self, request: Request) -> _Present | None:
        session = self._signer.open(request.cookies.get(COOKIE, ""), self._clock.real())
        if session is None:
            return None
        visitor = await self._door.recall(session.access_key_id)
        return None if visitor is None else _Present(visitor, session)

    def _caller(self, request: Request, present: _Present) -> Caller:
        return Caller(
            scope=Scope(present.visitor.account, present.session.region),
            user=present.visitor.user,
            access_key_id=present.visitor.access_key_id,
            source_ip=_address(request),
            tls_version=asgi.tls_version(request.scope),
            request_id=new_request_id(),
            now=self._clock.now(),
            is_secure=asgi.is_secure(request.scope),
            host=request.headers.get("host", ""),
        )

    def _describe(self, present: _Present | None) -> dict[str, Any]:
        """What the page knows: who is there, or what the sign-in form starts from."""
        return {
            "signedIn": present is not None,
            "open": self._door.is_open,
            "region": present.session.region if present else self._default_region,
            "account": present.visitor.account if present else OPEN_ACCOUNT if self._door.is_open else "",
            "user": present.visitor.user if present else "",
        }


def _guarded(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        if reason := foreign(request.headers):
            text = f"Only the console's own page may ask this. {reason}"
            return _json(error_body("ForeignRequest", text), 403)
        try:
            return await endpoint(request)
        except _RefusedError as refused:
            return refused.response

    return guarded


def _with_headers(app: ASGIApp, clock: Clock) -> ASGIApp:
    async def wrapped(scope: AsgiScope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS:
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
                # The service's clock may be ahead of the browser's in ``local``.
                headers["x-mailgauge-time"] = f"{clock.now():.3f}"
            await send(message)

        if scope["type"] == "http" and scope["path"] == PREFIX:
            await RedirectResponse(f"{PREFIX}/", 308)(scope, receive, sending)
        else:
            await app(scope, receive, sending)

    return wrapped


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            raise _RefusedError(413, "RequestEntityTooLarge", "The request is too large.")
    return bytes(body)


def _fields(body: bytes, *names: str) -> dict[str, str]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict) or not all(isinstance(document.get(name), str) for name in names):
        raise _RefusedError(400, "SerializationException", f"Expected a JSON object with {', '.join(names)}.")
    return document


def _address(request: Request) -> str:
    return request.client.host if request.client else "127.0.0.1"


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, "application/json")
