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

_NEWEST = 1000
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
        """The newest events, oldest first, as subscribers would get them; ``?message=`` those of one message."""
        message_id = request.query_params.get("message")
        try:
            return _json({"events": await mail.read(lambda tx: _documents(tx, message_id))})
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


def _documents(tx: Tx, message_id: str | None) -> list[dict[str, Any]]:
    entries = _newest(tx) if message_id is None else journal.of_message(tx, message_id)
    events = [entry for entry in entries if entry.kind.is_event and entry.message_id is not None]
    facts = journal.get_facts(
        tx, sorted({entry.message_id for entry in events if entry.message_id is not None})
    )
    return [document(entry, facts[entry.message_id]) for entry in events if entry.message_id in facts]


def _newest(tx: Tx) -> list[Entry]:
    return journal.read(tx, max(journal.head(tx) - _NEWEST, 0), _NEWEST)


def _json(value: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_INDENT_2), status, media_type="application/json")
