"""What subscribers' links lead to: the certificate that signatures are verified with, and pages for who gets mail.

Only a POST changes anything on a page: mail scanners open every link they see, and none of them presses a button.
"""

from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import parse_qs

from mailgauge.base.asgi import App, Receive, Scope, Send
from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Wake
from mailgauge.ses.pages import page
from mailgauge.sns import confirmation, subscription_rows, subscriptions
from mailgauge.sns.arns import parse_subscription, parse_topic
from mailgauge.sns.errors import NotAuthorizedError, SnsError
from mailgauge.sns.model import State, Subscription
from mailgauge.sns.signing_key import SigningKey
from mailgauge.store.transaction import Store, Tx

PREFIX: Final = "/_topics"
CONFIRM: Final = "/confirm"
UNSUBSCRIBE: Final = "/unsubscribe"

_TITLE: Final = "Notifications"
_INVALID: Final = "<p>This link is not valid, or not any more. Ask for another.</p>"
_ENDED: Final = "<p>No more notifications are sent to this address.</p>"
_SIGNED: Final = "<p>Only whoever subscribed this address can end that. Ask them to.</p>"


def certificate_app(key: SigningKey) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        is_found = scope["path"] == key.path and scope["method"] in {"GET", "HEAD"}
        body = await key.certificate() if is_found else b"There is nothing here.\n"
        headers = [
            (b"content-type", b"application/x-pem-file" if is_found else b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200 if is_found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return answer


def topic_app(store: Store, clock: Clock, deliver: Wake) -> App:
    """``deliver`` is told of what there is to deliver."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        query = {
            name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()
        }
        if scope["method"] not in {"GET", "HEAD", "POST"} or path not in {CONFIRM, UNSUBSCRIBE}:
            await page(send, 404, _TITLE, "<p>There is nothing here.</p>")
            return
        is_asked = scope["method"] == "POST"
        if path == CONFIRM:
            status, body = await _confirm(store, clock, query, is_asked=is_asked)
        else:
            status, body = await _unsubscribe(store, clock, query, is_asked=is_asked)
            deliver.set()
        await page(send, status, _TITLE, body)

    return answer


async def _confirm(
    store: Store, clock: Clock, query: Mapping[str, str], *, is_asked: bool
) -> tuple[int, str]:
    topic, token = parse_topic(query.get("topic", "")), query.get("token", "")
    if topic is None:
        return 400, _INVALID
    scope, name = topic
    if not is_asked:
        found = await store.read(lambda tx: confirmation.of_token(tx, scope, name, token))
        if found is None or (found.state is not State.CONFIRMED and found.token_expires <= clock.now()):
            return 400, _INVALID
        return 200, _question(found)
    try:
        confirmed = await store.write(lambda tx: confirmation.confirm(tx, scope, name, token, clock.now()))
    except SnsError:
        return 400, _INVALID
    return 200, f"<p>Notifications of {escape(name)} are sent to {escape(confirmed.endpoint)}.</p>"


def _question(found: Subscription) -> str:
    return (
        f"<p>Send notifications of <strong>{escape(found.topic)}</strong> to {escape(found.endpoint)}?</p>"
        '<form method="post"><p><button>Confirm</button></p></form>'
        "<p>If you did not ask for this, close this page: nothing is sent then.</p>"
    )


async def _unsubscribe(
    store: Store, clock: Clock, query: Mapping[str, str], *, is_asked: bool
) -> tuple[int, str]:
    arn = query.get("subscription", "")

    def look(tx: Tx) -> Subscription | None:
        parsed = parse_subscription(arn)
        found = subscription_rows.find(tx, parsed[1]) if parsed else None
        return found if found and found.arn == arn and found.state is State.CONFIRMED else None

    found = await store.read(look)
    if found is None:
        return 200, _ENDED
    if not is_asked:
        return 200, (
            f"<p>Send no more notifications of <strong>{escape(found.topic)}</strong> to {escape(found.endpoint)}?</p>"
            '<form method="post"><p><button>Unsubscribe</button></p></form>'
        )
    try:
        await store.write(lambda tx: subscriptions.unsubscribe_by_link(tx, arn, clock.now()))
    except NotAuthorizedError:
        return 403, _SIGNED
    return 200, _ENDED
