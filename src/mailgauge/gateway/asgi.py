"""ASGI in the little that is needed: its types, taking a request apart, sending a response. No routing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from mailgauge.aws.http import HttpRequest
from mailgauge.base.asgi import Receive, Scope, Send

_TLS_VERSIONS = {0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}


def joined_headers(scope: Scope) -> dict[str, str]:
    """Names in lower case; repeated headers joined with a comma, as signatures have them."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), _text(raw_value)
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def http_request(
    scope: Scope,
    headers: Mapping[str, str],
    body: bytes,
    gone: Callable[[], Awaitable[None]] | None = None,
) -> HttpRequest:
    """The request with path and query as they were on the wire."""
    client = scope.get("client")
    return HttpRequest(
        method=scope["method"],
        path=_text(scope.get("raw_path") or scope["path"].encode()),
        query=_text(scope["query_string"]),
        headers=headers,
        body=body,
        client_ip=client[0] if client else "127.0.0.1",
        tls_version=tls_version(scope),
        is_secure=is_secure(scope),
        gone=gone,
    )


def gone(receive: Receive) -> Callable[[], Awaitable[None]]:
    """For a request whose body was read."""

    async def until_gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    return until_gone


def is_secure(scope: Scope) -> bool:
    """Whether it came by HTTPS: to us, or to a proxy that is believed."""
    return bool(scope.get("scheme") == "https")


def tls_version(scope: Scope) -> str | None:
    """``TLSv1.3``, where the connection to us is encrypted; what a proxy speaks with others isn't known."""
    tls = (scope.get("extensions") or {}).get("tls") or {}
    return _TLS_VERSIONS.get(tls.get("tls_version", 0)) if is_secure(scope) else None


async def respond(send: Send, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    if not any(name.lower() == b"content-length" for name, _ in raw):
        raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _text(raw: bytes) -> str:
    """Signers take header and path text as UTF-8; what isn't is Latin-1, as HTTP clients send it."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
