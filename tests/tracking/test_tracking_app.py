"""What visitors get: the pixel, the way on, or a plain refusal; and that each visit is handed on once, behind its answer."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.base.ids import new_message_id
from mailgauge.tracking import app as tracking_app
from mailgauge.tracking.app import TrackingApp
from mailgauge.tracking.tokens import Link, Tokens
from mailgauge.tracking.visits import Visit

NOW = 1_700_000_000.0
MESSAGE = new_message_id("us-east-1", NOW)
TOKENS = Tokens(b"s" * 32)
LINK = Link(0, "https://example.com/?a=1&b=2", {"k": ["v"]})
OPEN, CLICK = f"/o/{TOKENS.for_open(MESSAGE)}.gif", f"/c/{TOKENS.for_click(MESSAGE, LINK)}"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class Visitor:
    """Calls the application, and notes answers and visits in the order in which they come."""

    def __init__(self, record: Callable[[Visit], Awaitable[None]] | None = None) -> None:
        self.happened: list[Any] = []
        self.clock = ManualClock(NOW)
        self.app = TrackingApp(TOKENS, record or self._record, self.clock)

    @property
    def visits(self) -> list[Visit]:
        return [each for each in self.happened if isinstance(each, Visit)]

    async def _record(self, visit: Visit) -> None:
        self.happened.append(visit)

    async def go(
        self, path: str, method: str = "GET", agent: str = AGENT, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        raw = [(b"user-agent", agent.encode())]
        raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "method": method,
            "path": f"/_t{path}",
            "root_path": "/_t",
            "headers": raw,
            "client": ("203.0.113.7", 1),
        }
        sent: list[MutableMapping[str, Any]] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body":
                self.happened.append("answered")

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request"}

        await self.app(scope, receive, send)
        start, body = sent
        return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body["body"]


async def test_an_open_gets_the_smallest_picture_and_is_recorded_behind_it() -> None:
    visitor = Visitor()
    status, headers, body = await visitor.go(OPEN)
    assert (status, headers["content-type"], len(body)) == (200, "image/gif", 43)
    assert "no-store" in headers["cache-control"]
    assert visitor.happened == ["answered", Visit(MESSAGE, NOW, "203.0.113.7", AGENT)]


async def test_a_click_leads_on_at_once_and_is_recorded_behind_that() -> None:
    visitor = Visitor()
    status, headers, _ = await visitor.go(CLICK)
    assert (status, headers["location"]) == (302, LINK.url)
    assert "no-store" in headers["cache-control"]
    assert visitor.happened == ["answered", Visit(MESSAGE, NOW, "203.0.113.7", AGENT, LINK)]


@pytest.mark.parametrize("path", [OPEN, CLICK], ids=["open", "click"])
async def test_a_look_at_the_head_is_answered_alike_and_not_counted_but_remembered(path: str) -> None:
    visitor = Visitor()
    assert await visitor.go(path, "HEAD") == await Visitor().go(path)
    assert visitor.visits == []
    await visitor.go(path)
    assert [visit.told for visit in visitor.visits] == [True]


@pytest.mark.parametrize(
    "path",
    [
        CLICK[:-3],
        CLICK.replace("/c/", "/o/"),
        OPEN.replace("/o/", "/c/"),
        "/c/",
        "/c/https://evil.example/",
        "/o/x.gif",
        "/h/x",
        "/",
        "",
        "/x/y",
        "/c/ä%00",
    ],
    ids=range(11),
)
async def test_what_was_not_signed_here_leads_nowhere(path: str) -> None:
    visitor = Visitor()
    status, headers, body = await visitor.go(path)
    assert status in {400, 404}
    assert "location" not in headers
    assert headers["content-type"].startswith("text/plain")
    assert b"not complete" in body
    assert visitor.visits == []


async def test_other_methods_are_refused() -> None:
    assert (await Visitor().go(CLICK, "POST"))[0] == 405


async def test_a_header_beyond_the_limit_is_refused() -> None:
    visitor = Visitor()
    assert (await visitor.go(CLICK, x_filler="x" * 8200))[0] == 400
    assert (await visitor.go(CLICK, x_filler="x" * 7000))[0] == 302
    assert len(visitor.visits) == 1


async def test_an_agent_is_kept_printable_and_short() -> None:
    visitor = Visitor()
    await visitor.go(OPEN, agent="A\x1b[31mB" + "x" * 3000)
    assert visitor.visits[0].agent.startswith("A [31mBxxx")
    assert len(visitor.visits[0].agent) == 1024


async def test_prefetching_two_links_at_once_and_the_hidden_link_give_a_machine_away() -> None:
    second = f"/c/{TOKENS.for_click(MESSAGE, Link(1, 'https://example.com/'))}"
    for paths in ([CLICK, second], [f"/h/{TOKENS.for_trap(MESSAGE)}", second]):
        visitor = Visitor()
        for path in paths:
            await visitor.go(path)
        assert visitor.visits[-1].told
    visitor = Visitor()
    await visitor.go(CLICK, sec_purpose="prefetch")
    visitor.clock.step(5)
    await visitor.go(second)
    assert [visit.told for visit in visitor.visits] == [True, False]


async def test_a_person_is_led_on_though_visits_can_not_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking_app, "MOST_WAITING", 1)
    monkeypatch.setattr(tracking_app, "LONGEST_WAIT", 0.01)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def record(visit: Visit) -> None:
        begun.set()
        await go_on.wait()

    visitor = Visitor(record)

    async def second() -> int:
        await begun.wait()
        status, _, _ = await visitor.go(CLICK)
        go_on.set()
        return status

    first, status = await asyncio.gather(visitor.go(CLICK), second())
    assert (first[0], status) == (302, 302)
