"""The page behind the link of a verification mail: a small ASGI application that the composition mounts at ``/_verify``."""

from collections.abc import Awaitable, Callable, MutableMapping
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote

from mailgauge.base.clock import Clock
from mailgauge.ses.verification import InvalidLinkError, Verification
from mailgauge.store.transaction import Store

_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
App = Callable[[MutableMapping[str, Any], _Receive, _Send], Awaitable[None]]

_HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
]


def verify_app(store: Store, verification: Verification, clock: Clock) -> App:
    async def answer(scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        if scope["method"] != "GET":
            # A HEAD is a look by a mail scanner, not a person's confirmation.
            await _page(
                send, 405, "Open the link in a browser", "Only opening the link confirms the address."
            )
            return
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        now = clock.now()
        template = await store.read(lambda tx: verification.template_of(tx, token))
        try:
            identity = await store.write(lambda tx: verification.accept(tx, token, now))
        except InvalidLinkError as error:
            if template is not None:
                await _redirect(send, template.failure_url)
            else:
                await _page(send, 400, "Not confirmed", str(error))
        else:
            if template is not None:
                await _redirect(send, template.success_url)
            else:
                await _page(send, 200, "Confirmed", f"{identity.name} can now be used to send email.")

    return answer


async def _redirect(send: _Send, url: str) -> None:
    """To where the account that asked for the confirmation wants people to go on."""
    location = quote(url, safe="%/:?#[]@!$&'()*+,;=~").encode("ascii")
    headers = [(b"location", location), *_HEADERS]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _page(send: _Send, status: int, title: str, text: str) -> None:
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<body style="font: 1rem/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 32rem; padding: 0 1rem">'
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"
    )
    await send({"type": "http.response.start", "status": status, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": body.encode()})
