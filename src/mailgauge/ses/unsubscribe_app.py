"""What answers at ``/_unsubscribe``: one-click unsubscription (RFC 8058) and a page of preferences. An ASGI application.

Only a POST changes anything: mail scanners open every link they see, and none of them posts.
"""

import re
from html import escape
from urllib.parse import parse_qs

from mailgauge.base.asgi import App, Receive, Scope, Send
from mailgauge.base.clock import Clock
from mailgauge.ses import subscriptions
from mailgauge.ses.contact_lists import ContactList, ContactListNotFoundError
from mailgauge.ses.contacts import Contact
from mailgauge.ses.pages import page
from mailgauge.ses.subscriptions import Source
from mailgauge.ses.unsubscribe_links import Claim, InvalidLinkError, Links
from mailgauge.store.transaction import Store, Tx

_TITLE = "Email preferences"
_BODY_LIMIT = 64 * 1024
_MOST_FIELDS = 100
_BOUNDARY = re.compile(rb'boundary="?([^";]{1,70})', re.IGNORECASE)
_FIELD_NAME = re.compile(rb'^content-disposition:.*?;[ \t]*name="?([^";\n]+)', re.IGNORECASE | re.MULTILINE)
_GONE = "This list no longer exists, so no more mail of it is sent."


def unsubscribe_app(store: Store, links: Links, clock: Clock) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        token = scope["path"].removeprefix(scope.get("root_path", "")).strip("/")
        try:
            claim = links.claim(token)
            if scope["method"] == "POST":
                note = await _post(store, clock, claim, await _form(scope, receive))
            elif scope["method"] in {"GET", "HEAD"}:
                note = ""
            else:
                await page(send, 405, _TITLE, "<p>Open this link in a browser.</p>")
                return
            found, contact = await store.read(lambda tx: subscriptions.look(tx, claim, clock.now()))
        except InvalidLinkError as error:
            await page(send, 400, _TITLE, f"<p>{escape(str(error))}</p>")
        except ContactListNotFoundError:
            await page(send, 410, _TITLE, f"<p>{_GONE}</p>")
        else:
            await page(send, 200, _TITLE, _preferences(found, contact, note))

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


async def _form(scope: Scope, receive: Receive) -> dict[str, list[str]]:
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
    """Its parts as they stand (RFC 7578): a form nests nothing, and a parser of mail would take its time over one that did."""
    boundary = _BOUNDARY.search(kind)
    if boundary is None:
        return {}
    form: dict[str, list[str]] = {}
    parts = body.replace(b"\r\n", b"\n").split(b"--" + boundary[1], _MOST_FIELDS + 1)
    for part in parts[1 : _MOST_FIELDS + 1]:
        head, _, value = part.partition(b"\n\n")
        if name := _FIELD_NAME.search(head):
            form.setdefault(name[1].decode("utf-8", "replace"), []).append(
                value.decode("utf-8", "replace").strip()
            )
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
