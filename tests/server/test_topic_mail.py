"""Subscribers by mail, from the letter through the page to the next letter, with everything that the service makes of it."""

import re
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mailgauge.base.asgi import App
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Wake
from mailgauge.gateway.app import Mount
from mailgauge.iam.secrets import MasterKey
from mailgauge.outgoing.client import OutgoingClient
from mailgauge.outgoing.names import SystemNames
from mailgauge.server.topics import TopicSide
from mailgauge.sns import subscription_rows, subscriptions
from mailgauge.sns.access import Principal
from mailgauge.sns.model import State
from mailgauge.store.transaction import Tx
from tests.sns.delivery_world import ADDRESS, SCOPE, TOPIC, World, world

ANNA = "anna@example.net"
WHO = Principal(SCOPE, "arn:aws:iam::123456789012:root")


class Office:
    """The topics of a service, whose mail is noted and whose pages can be opened."""

    def __init__(self, there: World) -> None:
        self.there = there
        self.letters: list[tuple[str, str, str]] = []
        self.side = TopicSide(
            there.store,
            there.clock,
            there.tasks,
            Wake(),
            master=MasterKey(bytes(32)),
            service="Mailgauge",
            address=lambda: ADDRESS,
            client=OutgoingClient(SystemNames()),
            send_mail=self._note,
        )

    def _note(self, tx: Tx, scope: Scope, to: str, subject: str, text: str) -> None:
        self.letters.append((to, subject, text))

    async def subscribe(self, **attributes: str) -> None:
        now = self.there.clock.now()
        await self.there.store.write(
            lambda tx: subscriptions.subscribe(tx, WHO, TOPIC, "email", ANNA, attributes=attributes, now=now)
        )

    async def deliver(self) -> tuple[str, str]:
        """The next letter's subject and the link in it."""
        before = len(self.letters)
        await self.there.rounds()
        [(to, subject, text)] = self.letters[before:]
        assert to == ANNA
        link = re.search(r"^https://\S+$", text, re.MULTILINE)
        assert link is not None
        return subject, link[0]

    async def open(self, link: str, method: str = "GET") -> tuple[int, str]:
        parts = urlsplit(link)
        prefix, mount = next(
            (at, each) for at, each in self.side.mounts().items() if parts.path.startswith(at)
        )
        return await answer(mount, prefix, parts.path, parts.query, method)

    async def state(self) -> list[State]:
        rows = await self.there.store.read(lambda tx: tx.run("SELECT state FROM topic_subscription"))
        return [State(state) for (state,) in rows]


async def answer(mount: Mount, prefix: str, path: str, query: str, method: str) -> tuple[int, str]:
    app: App = mount.app
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("there is no body to read")

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": prefix,
        "query_string": query.encode(),
    }
    await app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"].decode()


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    async with world(folder, DisplayName="Alarms <of> the shop") as there:
        made = Office(there)
        there.deliverer = there.new_deliverer(made.side.endpoints)
        yield made


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made


async def test_who_confirms_on_the_page_gets_letters_until_they_end_it_on_another(there: Office) -> None:
    await there.subscribe()
    subject, link = await there.deliver()
    assert subject == "Confirm notifications of Alarms <of> the shop"
    code, page = await there.open(link, "POST")
    assert (code, ANNA in page) == (200, True)
    assert await there.state() == [State.CONFIRMED]

    await there.there.publish("It burns.")
    subject, link = await there.deliver()
    assert subject == "Notification of Alarms <of> the shop"
    code, page = await there.open(link)
    assert (code, "Unsubscribe" in page) == (200, True)
    assert await there.state() == [State.CONFIRMED]
    code, page = await there.open(link, "POST")
    assert (code, "No more notifications" in page) == (200, True)

    await there.there.publish("It burns again.")
    subject, link = await there.deliver()
    assert subject == "No more notifications of Alarms <of> the shop"
    assert (await there.open(link, "POST"))[0] == 200
    assert await there.state() == [State.CONFIRMED]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_mail_scanner_that_opens_the_link_confirms_nothing(there: Office, method: str) -> None:
    await there.subscribe()
    _, link = await there.deliver()
    code, page = await there.open(link, method)
    assert (code, "<button>Confirm</button>" in page) == (200, True)
    assert await there.state() == [State.PENDING]


async def test_a_link_is_good_for_two_days(there: Office) -> None:
    await there.subscribe()
    _, link = await there.deliver()
    there.there.clock.step(2 * 86_400)
    assert (await there.open(link))[0] == 400
    assert (await there.open(link, "POST"))[0] == 400
    assert await there.state() == [State.PENDING]


@pytest.mark.parametrize(
    "path",
    [
        "/_topics/confirm", "/_topics/confirm?topic=x&token=y", f"/_topics/confirm?topic={TOPIC}&token={'a' * 64}",
        "/_topics/confirm?topic=%00&token=%ff",
    ],
)  # fmt: skip
async def test_a_link_that_somebody_made_up_is_refused(there: Office, path: str) -> None:
    for method in ("GET", "POST"):
        code, page = await there.open(f"{ADDRESS}{path}", method)
        assert (code, "not valid" in page) == (400, True)


async def test_ending_what_is_not_there_tells_nothing(there: Office) -> None:
    for arn in ("", "x", f"{TOPIC}:nobody"):
        assert (await there.open(f"{ADDRESS}/_topics/unsubscribe?subscription={arn}", "POST"))[0] == 200


async def test_a_subscription_that_only_its_owner_may_end_stays(there: Office) -> None:
    await there.there.subscribe(ANNA, "email", AuthenticateOnUnsubscribe="true")
    await there.there.publish("It burns.")
    _, link = await there.deliver()
    assert (await there.open(link, "POST"))[0] == 403
    assert await there.state() == [State.CONFIRMED]


async def test_the_certificate_is_at_its_address_and_nothing_below_it(there: Office) -> None:
    path = next(at for at in there.side.mounts() if at.endswith(".pem"))
    code, text = await there.open(f"{ADDRESS}{path}")
    assert (code, text.startswith("-----BEGIN CERTIFICATE-----")) == (200, True)
    assert await there.open(f"{ADDRESS}{path}", "HEAD") == (200, "")
    assert (await there.open(f"{ADDRESS}{path}/x"))[0] == 404
    assert (await there.open(f"{ADDRESS}{path}", "POST"))[0] == 404
    assert (await there.open(f"{ADDRESS}/_topics/x"))[0] == 404


async def test_the_pages_show_what_others_named_as_text(there: Office) -> None:
    hostile = "<script>alert(1)</script>@example.net"
    made = await there.there.subscribe(hostile, "email")
    link = f"{ADDRESS}/_topics/unsubscribe?subscription={made.arn}"
    code, page = await there.open(link)
    assert code == 200
    assert "<script>" not in page
    assert await there.there.store.read(lambda tx: subscription_rows.find(tx, made.uid)) is not None
