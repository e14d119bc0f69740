"""``/_aws/ses``: captured messages as other local AWS tools show them.

GET lists the newest (``?id=``, ``?email=``, ``?limit=``) and says in ``X-Total-Count`` how many there are; DELETE empties
(``?id=``).
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mailgauge.base.scope import Scope as AccountScope
from mailgauge.mail.address import AddressError, decode_words, parse_address_list, printable
from mailgauge.mail.content_fields import BoundedMessage
from mailgauge.mail.headers import Field, first, split, values
from mailgauge.mailbox import store as rows
from mailgauge.mailbox.store import MOST_LISTED, Captured, bare_or_same
from mailgauge.store.transaction import Lane, Store, Tx


def app(store: Store, settle: Callable[[], Awaitable[object]] | None = None) -> ASGIApp:
    """The ASGI app; who may call it is decided before it. ``settle`` is waited for first, so that a program that
    sends and looks at once finds its mail.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if settle is not None:
            await settle()
        response = await _answer(store, request)
        await response(scope, receive, send)

    return answer


async def _answer(store: Store, request: Request) -> Response:
    query = request.query_params
    if request.method in {"GET", "HEAD"}:
        limit = query.get("limit", str(MOST_LISTED))
        if not (limit.isascii() and limit.isdigit() and int(limit[:20]) > 0):
            return Response("limit is a whole number from 1 on.\n", 400, media_type="text/plain")
        listing = partial(
            _listing,
            message_id=query.get("id"),
            source=query.get("email"),
            most=min(int(limit[:20]), MOST_LISTED),
        )
        # Parsing many messages takes long: it is done in the reader's thread, not in the loop.
        total, body = await store.read(listing)
        return Response(body, media_type="application/json", headers={"X-Total-Count": str(total)})
    if request.method == "DELETE":
        for some in rows.slices(await store.read(partial(rows.keys, message_id=query.get("id")))):
            await store.write(partial(rows.delete, some=some), Lane.BACKGROUND)
        return Response(status_code=204)
    return Response(status_code=405, headers={"Allow": "GET, HEAD, DELETE"})


def _listing(tx: Tx, message_id: str | None, source: str | None, most: int) -> tuple[int, bytes]:
    found = rows.messages(tx, message_id, source, most=most)
    shown = orjson.dumps({"messages": [document(message) for message in found]})
    return rows.count(tx, message_id, source), shown


def document(message: Captured) -> dict[str, Any]:
    """One message as it is shown; a recipient in neither To nor Cc was a blind copy."""
    fields = split(message.content).fields
    to, cc = _addresses(fields, "To"), _addresses(fields, "Cc")
    shown = {bare_or_same(each).lower() for each in (*to, *cc)}
    return {
        "Id": message.message_id,
        "Timestamp": datetime.fromtimestamp(message.received, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        "Region": AccountScope.from_key(message.scope).region,
        "Source": message.source,
        "Destination": {
            "ToAddresses": to,
            "CcAddresses": cc,
            "BccAddresses": [each for each in message.recipients if each.lower() not in shown],
        },
        "Subject": decode_words(first(fields, "Subject") or ""),
        "Body": body(message.content),
        "RawData": message.content.decode("utf-8", "replace"),
    }


def _addresses(fields: Iterable[Field], name: str) -> list[str]:
    found = []
    for value in values(fields, name):
        try:
            parsed = parse_address_list(value)
        except AddressError:
            found.append(value)
            continue
        found += [f"{each.display_name} <{each.bare}>" if each.display_name else each.bare for each in parsed]
    return found


def body(content: bytes) -> dict[str, str | None]:
    """The first text and the first HTML of a message, decoded; attachments are passed over. Never raises."""
    parts: dict[str, str | None] = {"text_part": None, "html_part": None}
    with contextlib.suppress(Exception):  # the parser's own faults on hostile bytes: what was found is shown
        _find_texts(message_from_bytes(content, _class=BoundedMessage), parts)
    return parts


def _find_texts(message: Message, parts: dict[str, str | None]) -> None:
    keys = {"text/plain": "text_part", "text/html": "html_part"}
    for part in message.walk():
        key = keys.get(part.get_content_type())
        if key and parts[key] is None and part.get_content_disposition() != "attachment":
            parts[key] = _text(part)


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    try:
        return printable(raw.decode(part.get_content_charset("utf-8"), "replace"))
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")
