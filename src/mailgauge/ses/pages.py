"""The plain pages that people see who got a mail: a heading and a body, no scripts, nothing from elsewhere."""

from html import escape

from mailgauge.base.asgi import Send

_STYLE = "font: 1rem/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 32rem; padding: 0 1rem"
# With "no-referrer" a browser posts the page's form with the origin "null", which is nobody's.
_HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"same-origin"),
    (b"x-robots-tag", b"noindex"),
]


async def page(send: Send, status: int, title: str, body: str, *, form_leads_to: str = "'self'") -> None:
    """``body`` is HTML. ``form_leads_to``: where posting its form may end, redirections included, as CSP says it."""
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
        f"form-action {form_leads_to}"
    )
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{escape(title)}</title><body style="{_STYLE}"><h1>{escape(title)}</h1>{body}'
    )
    headers = [*_HEADERS, (b"content-security-policy", policy.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
