"""The canonical request of Signature Version 4: the one text that client and server both derive from a request.

Pure. It does not judge: it renders what the request claims to be (sigv4#canonical-request).
"""

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote_plus

from mailgauge.aws.http import HttpRequest

_PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?|/")


def canonical_requests(request: HttpRequest, signed_headers: str) -> Iterator[bytes]:
    """The canonical request in each form that clients in the field sign, likeliest first.

    They differ in the query string only: most clients sign what they send, some send another encoding of it.
    """
    headers = request.headers
    signed = "\n".join(
        f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed_headers.split(";")
    )
    payload = headers.get("x-amz-content-sha256") or hashlib.sha256(request.body).hexdigest()
    start = f"{request.method}\n{canonical_path(request.path)}"
    for query in _queries(request.query):
        text = f"{start}\n{query}\n{signed}\n\n{signed_headers}\n{payload}"
        yield text.encode("utf-8", "surrogateescape")


def canonical_path(path: str) -> str:
    """The path as signed: empty and dot segments removed, then percent-encoded once more (sigv4#canonical-uri)."""
    if _PLAIN_PATH.fullmatch(path):
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    tail = "/" if kept and path.endswith("/") else ""
    return quote(f"/{'/'.join(kept)}{tail}", safe="/~", errors="surrogateescape")


def _queries(query: str) -> Iterator[str]:
    """The query string sorted (sigv4#canonical-query-string): each pair as on the wire, then in normal encoding."""
    pairs = []
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        if name != "X-Amz-Signature":
            pairs.append((name, value))
    yield (wire := _join(pairs))
    normal = _join([(_recoded(name), _recoded(value)) for name, value in pairs if name or value])
    if normal != wire:
        yield normal


def _join(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _recoded(text: str) -> str:
    return quote(unquote_plus(text, errors="surrogateescape"), safe="~", errors="surrogateescape")
