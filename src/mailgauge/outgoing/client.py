"""The HTTP client for places that others have named: subscribers' endpoints, webhooks.

It connects to the very address that was checked, follows no redirect, and bounds how long and how much is answered.
Proxies of the environment are not used: they would look the name up again.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mailgauge.base.internet import is_of_network, is_public, parse_address
from mailgauge.outgoing.target import OutgoingError, RefusedError, Target, target_of

if TYPE_CHECKING:
    import httpx

Names = Callable[[str], Awaitable[Sequence[str]]]
"""The addresses of a host; none where it has none."""

TIMEOUT: Final = 15.0
MOST_BYTES: Final = 64 * 1024
_LOOPBACK: Final = ("127.0.0.1", "::1")
_MOST_ADDRESSES: Final = 3
"""How many are tried where a connection comes to nothing."""


@dataclass(frozen=True, slots=True)
class Response:
    """``body`` ends where the limit was; ``is_whole`` says whether that was its end. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool


class OutgoingClient:
    """``allow_private`` lets requests to this machine and to private networks pass. ``trusting`` replaces the system's
    trusted certificates. ``ports`` below 1024 may be asked beside 80 and 443.
    """

    def __init__(
        self,
        names: Names,
        *,
        allow_private: bool = False,
        ports: Collection[int] = (),
        trusting: ssl.SSLContext | None = None,
    ) -> None:
        self._names = names
        self._allow_private = allow_private
        self._ports = frozenset(ports)
        self._trusting = trusting
        self._client: httpx.AsyncClient | None = None
        self._loading = asyncio.Lock()

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        timeout: float = TIMEOUT,  # noqa: ASYNC109 - it bounds all of it, the name among it, and is told of in the error
        most_bytes: int = MOST_BYTES,
    ) -> Response:
        """Whatever is answered; redirects among it. Raises OutgoingError."""
        target = target_of(url, self._ports)
        exchange = _Exchange(await self._ready(), target, body, headers, most_bytes)
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._addresses(target)
                for address in addresses[:-1]:
                    try:
                        return await exchange.post(address, timeout / len(addresses))
                    except _NotReachedError:
                        continue
                return await exchange.post(addresses[-1], timeout)
        except TimeoutError:
            raise OutgoingError(f"{target.place} took more than {timeout:g} s") from None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _addresses(self, target: Target) -> Sequence[str]:
        """Those of the host that may be asked. Raises OutgoingError."""
        if parse_address(target.host) is not None:
            found: Sequence[str] = (target.host,)
        elif target.host == "localhost" or target.host.endswith(".localhost"):  # RFC 6761 section 6.3
            found = _LOOPBACK
        else:
            found = await self._names(target.host)
        if not found:
            raise OutgoingError(f"{target.host} has no address")
        usable = [each for each in found if is_public(each) or (self._allow_private and is_of_network(each))]
        if not usable:
            where = target.host if found[0] == target.host else f"{target.host} is at {found[0]}, which"
            remedy = ": [outgoing] allow_private is off" if is_of_network(found[0]) else ""
            raise RefusedError(f"{where} is no address of the Internet{remedy}")
        return usable[:_MOST_ADDRESSES]

    async def _ready(self) -> "httpx.AsyncClient":
        async with self._loading:
            if self._client is None:
                # The first use loads httpx and the trusted certificates, which takes longer than many an answer.
                self._client = await asyncio.to_thread(self._make)
            return self._client

    def _make(self) -> "httpx.AsyncClient":
        import httpx

        # No connection is kept: one that was opened to an address for one name would serve another name at that address.
        limits = httpx.Limits(max_keepalive_connections=0)
        trusting = self._trusting or ssl.create_default_context()
        return httpx.AsyncClient(verify=trusting, trust_env=False, limits=limits, follow_redirects=False)


class _NotReachedError(OutgoingError):
    """Another address may answer."""


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request, which may be tried at several addresses of its target."""

    client: "httpx.AsyncClient"
    target: Target
    body: bytes
    headers: Mapping[str, str]
    most_bytes: int

    async def post(self, address: str, seconds: float) -> Response:
        """``seconds`` are for the connection alone. Raises OutgoingError."""
        import httpx

        place = f"[{address}]" if ":" in address else address
        try:
            request = self.client.build_request(
                "POST",
                f"{self.target.scheme}://{place}:{self.target.port}{self.target.path}",
                content=self.body,
                headers={**self.headers, **self._own_headers()},
                # TLS then asks for, and verifies, the name and not the address.
                extensions={"sni_hostname": self.target.host},
                timeout=httpx.Timeout(None, connect=seconds),
            )
            response = await self.client.send(request, stream=True)
            try:
                return await _read(response, self.most_bytes)
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _NotReachedError(_reason(self.target, error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise OutgoingError(f"{self.target.place}: {error or type(error).__name__}") from error

    def _own_headers(self) -> dict[str, str]:
        own = {"Host": self.target.authority, "Accept-Encoding": "identity", "Connection": "close"}
        if self.target.authorization:
            own["Authorization"] = self.target.authorization
        return own


async def _read(response: "httpx.Response", most_bytes: int) -> Response:
    body = bytearray()
    is_whole = True
    async for piece in response.aiter_raw(4096):
        body += piece
        if len(body) > most_bytes:
            is_whole = False
            break
    return Response(response.status_code, dict(response.headers), bytes(body[:most_bytes]), is_whole)


def _reason(target: Target, error: Exception) -> str:
    """Why there is no connection: the library keeps the cause some steps behind."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"{target.place} has no certificate that holds: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"{target.place} speaks no TLS that we speak: {cause.reason or cause}"
        cause = cause.__cause__ or cause.__context__
    return f"{target.place} can't be reached"
