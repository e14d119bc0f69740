"""The page behind the link of a verification mail: a small ASGI application that the composition mounts at ``/_verify``.

Only a POST confirms: mail scanners open every link they see, and none of them presses a button.
"""

from html import escape
from urllib.parse import parse_qs, quote

from mailgauge.base.asgi import App, Receive, Scope, Send
from mailgauge.base.clock import Clock
from mailgauge.ses.pages import page
from mailgauge.ses.verification import InvalidLinkError, Verification
from mailgauge.store.transaction import Store

_TITLE = "Confirm your email address"


def verify_app(store: Store, verification: Verification, clock: Clock) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD", "POST"}:
            await page(send, 405, _TITLE, "<p>Open this link in a browser.</p>")
            return
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        now = clock.now()
        template = await store.read(lambda tx: verification.template_of(tx, token))
        try:
            if scope["method"] != "POST":
                identity = await store.read(lambda tx: verification.waiting(tx, token, now))
                # A custom verification mail leads on to a site of the account's own.
                await page(send, 200, _TITLE, _question(identity.name), form_leads_to="'self' https: http:")
                return
            identity = await store.write(lambda tx: verification.accept(tx, token, now))
        except InvalidLinkError as error:
            if template is not None:
                await _redirect(send, template.failure_url)
            else:
                await page(send, 400, "Not confirmed", f"<p>{escape(str(error))}</p>")
        else:
            if template is not None:
                await _redirect(send, template.success_url)
            else:
                told = f"<p>{escape(identity.name)} can now be used to send email.</p>"
                await page(send, 200, "Confirmed", told)

    return answer


def _question(name: str) -> str:
    return (
        f"<p>May email be sent from <strong>{escape(name)}</strong>?</p>"
        '<form method="post"><p><button>Confirm</button></p></form>'
        "<p>If you did not ask for this, close this page: nothing is confirmed then.</p>"
    )


async def _redirect(send: Send, url: str) -> None:
    """To where the account that asked for the confirmation wants people to go on."""
    location = quote(url, safe="%/:?#[]@!$&'()*+,;=~").encode("ascii")
    headers = [(b"location", location), (b"cache-control", b"no-store"), (b"referrer-policy", b"no-referrer")]
    # 303: what was posted here is not posted there.
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
