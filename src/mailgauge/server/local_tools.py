"""What only ``local`` serves, at ``/_mailgauge``: stepping the clock, and the event documents of a message or of all."""

from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailgauge.base.clock import SystemClock
from mailgauge.events import journal
from mailgauge.events.document import document
from mailgauge.events.entry import Entry
from mailgauge.store.transaction import Store, Tx

_NEWEST = 100
_MOST = 10_000
_PAGE = 1000
_FARTHEST = 100 * 365 * 86400.0


def local_tools(mail: Store, clock: SystemClock) -> Starlette:
    async def get_clock(request: Request) -> Response:
        return _json({"now": clock.now(), "offset": clock.now() - clock.real()})

    async def step_clock(request: Request) -> Response:
        """``{"advance": SECONDS}`` moves the service's time forward: windows, retries and roll-ups come at once."""
        try:
            clock.step(_seconds(await request.body(), clock))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return _json({"message": 'Send {"advance": SECONDS}; the clock is only stepped forward.'}, 400)
        return await get_clock(request)

    async def get_events(request: Request) -> Response:
        """The newest ``?limit=`` events, oldest first, as subscribers would get them; ``?message=`` all those of one message."""
        message_id = request.query_params.get("message")
        try:
            limit = _limit(request.query_params.get("limit"), _NEWEST if message_id is None else _MOST)
            return _json({"events": await mail.read(lambda tx: _documents(tx, message_id, limit))})
        except ValueError as error:
            return _json({"message": str(error)}, 400)

    return Starlette(
        routes=[
            Route("/clock", get_clock, methods=["GET"]),
            Route("/clock", step_clock, methods=["POST"]),
            Route("/events", get_events, methods=["GET"]),
        ]
    )


def _seconds(body: bytes, clock: SystemClock) -> float:
    """Raises, besides what a wrong body raises, ValueError for a step out of the calendar: the offset is kept, and a
    service stepped so would never run again.
    """
    seconds = float(orjson.loads(body)["advance"])
    if not clock.now() - clock.real() + seconds <= _FARTHEST:  # also true for what is not a number
        raise ValueError(seconds)
    return seconds


def _limit(text: str | None, default: int) -> int:
    """Raises ValueError with what a caller may send."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:10]) <= _MOST:
        raise ValueError(f"limit must be 1 to {_MOST}")
    return int(text)


def _documents(tx: Tx, message_id: str | None, limit: int) -> list[dict[str, Any]]:
    if message_id is None:
        events = _newest(tx, limit)
    else:
        events = [entry for entry in journal.of_message(tx, message_id) if _is_told(entry)][-limit:]
    facts = journal.get_facts(
        tx, sorted({entry.message_id for entry in events if entry.message_id is not None})
    )
    return [document(entry, facts[entry.message_id]) for entry in events if entry.message_id in facts]


def _newest(tx: Tx, limit: int) -> list[Entry]:
    """Backwards in pages, because any number of entries that are no events may lie between."""
    found: list[Entry] = []
    upto = journal.head(tx)
    while upto > 0 and len(found) < limit:
        after = max(upto - _PAGE, 0)
        page = journal.read(tx, after, upto - after)
        found = [entry for entry in page if entry.seq <= upto and _is_told(entry)] + found
        upto = after
    return found[-limit:]


def _is_told(entry: Entry) -> bool:
    return entry.kind.is_event and entry.message_id is not None


def _json(value: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_INDENT_2), status, media_type="application/json")
