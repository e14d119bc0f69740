"""What answers at ``/_unsubscribe``: one-click unsubscription (RFC 8058) and a page of preferences. An ASGI application.

Only a POST changes anything: mail scanners open every link they see, and none of them posts.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from email import message_from_bytes
from html import escape
from typing import Any
from urllib.parse import parse_qs

from mailgauge.base.clock import Clock
from mailgauge.ses import subscriptions
from mailgauge.ses.contact_lists import ContactList, ContactListNotFoundError
from mailgauge.ses.contacts import Contact
from mailgauge.ses.subscriptions import Source
from mailgauge.ses.unsubscribe_links import Claim, InvalidLinkError, Links
from mailgauge.store.transaction import Store, Tx

_Scope = MutableMapping[str, Any]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_BODY_LIMIT = 64 * 1024
_MOST_FIELDS = 100
_HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
]
_GONE = "This list no longer exists, so no more mail of it is sent."


def unsubscribe_app(store: Store, links: Links, clock: Clock) -> App:
    async def answer(scope: _Scope, receive: _Receive, send: _Send) -> None:
        token = scope["path"].removeprefix(scope.get("root_path", "")).strip("/")
        try:
            claim = links.claim(token)
            if scope["method"] == "POST":
                note = await _post(store, clock, claim, await _form(scope, receive))
            elif scope["method"] in {"GET", "HEAD"}:
                note = ""
            else:
                await _page(send, 405, "<p>Open this link in a browser.</p>")
                return
            found, contact = await store.read(lambda tx: subscriptions.look(tx, claim, clock.now()))
        except InvalidLinkError as error:
            await _page(send, 400, f"<p>{escape(str(error))}</p>")
        except ContactListNotFoundError:
            await _page(send, 410, f"<p>{_GONE}</p>")
        else:
            await _page(send, 200, _preferences(found, contact, note))

    return answer


async def _post(store: Store, clock: Clock, claim: Claim, form: dict[str, list[str]]) -> str:
    """Does what the form says and returns what to tell the person."""
    now = clock.now()

    def change(tx: Tx) -> str:
        if form.get("List-Unsubscribe") == ["One-Click"]:
            subscriptions.unsubscribe(tx, claim, Source.HEADER, now)
            return "You are unsubscribed."
        if form.get("action") == ["none"]:
            subscriptions.unsubscribe_all(tx, claim, Source.PAGE, now)
            return "You are unsubscribed from everything."
        if form.get("action") == ["save"]:
            subscriptions.choose(tx, claim, form.get("topic", []), now)
            return "Your preferences are saved."
        return ""

    return await store.write(change)


async def _form(scope: _Scope, receive: _Receive) -> dict[str, list[str]]:
    """The fields of a form in either encoding (RFC 8058 section 3.1). One that is too long has none."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False) and len(body) <= _BODY_LIMIT
    if len(body) > _BODY_LIMIT:
        return {}
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    if kind.lower().startswith(b"multipart/form-data"):
        return _multipart(kind, body)
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}


def _multipart(kind: bytes, body: bytes) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for part in message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + body).walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and not part.is_multipart():
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace").strip() if isinstance(payload, bytes) else ""
            form.setdefault(name, []).append(text)
    return form


def _preferences(found: ContactList, contact: Contact, note: str) -> str:
    told = f'<p role="status"><strong>{escape(note)}</strong></p>' if note else ""
    who = f"<p>Mail of <strong>{escape(found.name)}</strong> to {escape(contact.address)}.</p>"
    about = f"<p>{escape(found.description)}</p>" if found.description else ""
    topics = "".join(_topic(found, contact, number) for number in range(len(found.topics)))
    save = "Save" if found.topics else "Subscribe"
    subscribe = (
        f'<button name="action" value="save">{save}</button> ' if topics or contact.unsubscribe_all else ""
    )
    leave = (
        ""
        if contact.unsubscribe_all
        else '<button name="action" value="none">Unsubscribe from everything</button>'
    )
    state = "<p>You get no mail of this list.</p>" if contact.unsubscribe_all else ""
    return f'{told}{who}{about}{state}<form method="post">{topics}<p>{subscribe}{leave}</p></form>'


def _topic(found: ContactList, contact: Contact, number: int) -> str:
    topic = found.topics[number]
    checked = " checked" if contact.wants(found, topic.name) else ""
    about = f"<br><small>{escape(topic.description)}</small>" if topic.description else ""
    return (
        f'<p><input type="checkbox" id="t{number}" name="topic" value="{escape(topic.name)}"{checked}> '
        f'<label for="t{number}">{escape(topic.display_name)}</label>{about}</p>'
    )


async def _page(send: _Send, status: int, body: str) -> None:
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Email preferences</title>"
        '<body style="font: 1rem/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 32rem; padding: 0 1rem">'
        f"<h1>Email preferences</h1>{body}"
    )
    await send({"type": "http.response.start", "status": status, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": page.encode()})
