"""The memory that request bodies take: bounded for each and for all, given back whatever becomes of the request."""

import asyncio
from collections.abc import Iterable, MutableMapping
from typing import Any

import pytest

from mailgauge.aws.models import Models
from mailgauge.aws.routing import Router
from mailgauge.base.clock import ManualClock
from mailgauge.gateway import bodies as module
from mailgauge.gateway.app import EndpointApp
from mailgauge.gateway.bodies import Bodies, BodyTooLargeError, DisconnectedError, NoRoomError, StalledError
from mailgauge.gateway.dispatch import Gateway
from mailgauge.iam.authentication import Open

KIB = 1024
FREE = 64 * KIB
GATEWAY = Gateway(Router(("ses", "sesv2"), Models()), Open(ManualClock()), {})


class Sender:
    """Sends ``chunks`` one by one, the last of them when ``finish`` is called; without a last one it goes away."""

    def __init__(self, chunks: Iterable[bytes], *, goes_away: bool = False) -> None:
        self._chunks = list(chunks)
        self._goes_away = goes_away
        self._finish = asyncio.Event()
        self.waits = asyncio.Event()

    def finish(self) -> None:
        self._finish.set()

    async def receive(self) -> MutableMapping[str, Any]:
        if len(self._chunks) > 1:
            return {"type": "http.request", "body": self._chunks.pop(0), "more_body": True}
        self.waits.set()
        await self._finish.wait()
        if self._goes_away:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": self._chunks.pop(0), "more_body": False}


async def size_of(bodies: Bodies, sender: Sender, **headers: str) -> int:
    async with bodies.read(headers, sender.receive) as body:
        return len(body)


def at_once(*chunks: bytes) -> Sender:
    sender = Sender(chunks)
    sender.finish()
    return sender


async def test_a_body_arrives_whole() -> None:
    async with Bodies().read({}, at_once(b"a", b"", b"bc").receive) as body:
        assert body == b"abc"


async def test_bodies_together_hold_no_more_than_the_budget_and_give_it_back() -> None:
    bodies = Bodies(limit=1024 * KIB, budget=200 * KIB)
    first = Sender([bytes(FREE + 150 * KIB), b""])
    reading = asyncio.ensure_future(size_of(bodies, first))
    await first.waits.wait()
    with pytest.raises(NoRoomError):
        await size_of(bodies, at_once(bytes(FREE + 51 * KIB)))
    assert await size_of(bodies, at_once(bytes(FREE + 50 * KIB))) == FREE + 50 * KIB
    first.finish()
    assert await reading == FREE + 150 * KIB
    assert await size_of(bodies, at_once(bytes(FREE + 200 * KIB))) == FREE + 200 * KIB


async def test_small_bodies_get_through_whatever_the_others_hold() -> None:
    bodies = Bodies(budget=0)
    assert await size_of(bodies, at_once(bytes(FREE))) == FREE
    with pytest.raises(NoRoomError):
        await size_of(bodies, at_once(bytes(FREE), b"x"))


async def test_a_body_counts_until_its_request_is_answered() -> None:
    bodies = Bodies(budget=100 * KIB)
    async with bodies.read({}, at_once(bytes(FREE + 100 * KIB)).receive):
        with pytest.raises(NoRoomError):
            await size_of(bodies, at_once(bytes(FREE + 1)))
    assert await size_of(bodies, at_once(bytes(FREE + 1)))


async def test_what_is_refused_or_abandoned_gives_its_room_back(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = Bodies(limit=FREE + 100 * KIB, budget=100 * KIB)
    most = bytes(FREE + 100 * KIB)
    with pytest.raises(BodyTooLargeError):
        await size_of(bodies, at_once(most, b"x"))
    gone = Sender([most, b""], goes_away=True)
    gone.finish()
    with pytest.raises(DisconnectedError):
        await size_of(bodies, gone)
    cancelled = Sender([most, b""])
    task = asyncio.ensure_future(size_of(bodies, cancelled))
    await cancelled.waits.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.01)
    with pytest.raises(StalledError):
        await size_of(bodies, Sender([most, b""]))
    assert await size_of(bodies, at_once(most)) == len(most)


async def test_a_body_known_to_be_too_large_is_not_read() -> None:
    with pytest.raises(BodyTooLargeError):
        await size_of(Bodies(limit=10), Sender([]), **{"content-length": "11"})


@pytest.mark.parametrize(
    ("path", "content_type", "form"),
    [
        ("/", b"application/x-www-form-urlencoded", b"<Code>ServiceUnavailable</Code>"),
        ("/v2/email/outbound-emails", b"application/json", b'"message":"Too many large requests'),
    ],
)
async def test_without_room_the_answer_is_503_in_the_callers_protocol(
    path: str, content_type: bytes, form: bytes
) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"Action=SendEmail&Version=2010-12-01" if path == "/" else b"",
        "headers": [(b"host", b"localhost"), (b"content-type", content_type)],
    }
    app = EndpointApp(GATEWAY, {}, bodies=Bodies(budget=0))
    await app(scope, at_once(bytes(FREE + 1)).receive, send)
    assert sent[0]["status"] == 503
    assert form in sent[1]["body"]
    assert b"x-amzn-requestid" in {name.lower() for name, _ in sent[0]["headers"]}
