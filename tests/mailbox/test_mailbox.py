"""The built-in mailbox: what is sent to it over SMTP is read back over HTTP, and it never outgrows its limits."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from mailgauge.base.clock import ManualClock, SystemClock
from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.mail.mime import Attachment, SimpleMessage, assemble
from mailgauge.mail.verp import message_of, return_path
from mailgauge.mailbox.api import app, document
from mailgauge.mailbox.server import Mailbox
from mailgauge.mailbox.store import SCHEMA, Captured, delete, keys, messages
from mailgauge.smtp.client import Connections, Destination, Tls
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx

SECRET = b"s" * 32


async def ask(store: SqliteStore, method: str, **query: str) -> tuple[int, Any]:
    """Status and decoded body of one request."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http",
        "method": method,
        "path": "/_aws/ses",
        "query_string": urlencode(query).encode(),
        "headers": [],
    }
    await app(store)(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], orjson.loads(body) if body[:1] == b"{" else None


class Setting:
    """A mailbox with room for five messages, a sender, and a reader."""

    def __init__(self, directory: Path) -> None:
        self.store = SqliteStore.open(directory / "mail.db", [SCHEMA])
        self.known: dict[str, tuple[Scope, str]] = {}
        self.connections = Connections(SystemClock(), "out.example.com")
        find = partial(message_of, secret=SECRET)
        self.mailbox = Mailbox(
            self.store, ManualClock(), find, self.describe, most_messages=5, most_bytes=100_000
        )

    async def describe(self, message_id: str) -> tuple[Scope, str] | None:
        return self.known.get(message_id)

    async def send(self, source: str, *recipients: str, message_id: str | None = None, **parts: Any) -> str:
        """Sends as the delivery worker would, and returns the message id."""
        message_id = message_id or new_message_id("eu-west-1", 1_750_000_000)
        self.known[message_id] = (Scope("123456789012", "eu-west-1"), source)
        raw = assemble(SimpleMessage(from_=source, message_id=f"<{message_id}@example.com>", **parts))
        to = Destination("127.0.0.1", self.mailbox.port, Tls.OFF)
        path = return_path(message_id, "example.com", SECRET)
        outcome = await self.connections.send(to, path, recipients, raw)
        assert outcome.accepted == list(recipients)
        return message_id

    async def get(self, **query: str) -> list[dict[str, Any]]:
        status, answer = await ask(self.store, "GET", **query)
        assert status == 200
        messages = answer["messages"]
        assert isinstance(messages, list)
        return messages


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    made = Setting(tmp_path)
    await made.mailbox._server.start()
    yield made
    await made.connections.close()
    await made.mailbox.stop()
    made.store.close()


async def test_a_message_is_shown_as_other_local_tools_show_it(setting: Setting) -> None:
    message_id = await setting.send(
        "Sender <s@example.com>",
        "to@example.org",
        "cc@example.org",
        "hidden@example.org",
        to=["To <to@example.org>"],
        cc=["cc@example.org"],
        subject="Grüße",
        text="hallo\n",
        html="<p>hallö</p>",
        attachments=[Attachment("note.txt", b"not the body", "text/plain")],
    )
    [message] = await setting.get()
    raw = message.pop("RawData")
    assert message == {
        "Id": message_id,
        "Timestamp": "2025-06-15T15:06:40.000Z",
        "Region": "eu-west-1",
        "Source": "Sender <s@example.com>",
        "Destination": {
            "ToAddresses": ["To <to@example.org>"],
            "CcAddresses": ["cc@example.org"],
            "BccAddresses": ["hidden@example.org"],
        },
        "Subject": "Grüße",
        "Body": {"text_part": "hallo\r\n", "html_part": "<p>hallö</p>"},
    }
    assert raw.startswith("From: Sender <s@example.com>\r\n")


async def test_messages_are_found_by_id_and_by_source_and_deleted(setting: Setting) -> None:
    one = await setting.send("a@example.com", "to@example.org", subject="1", text="x")
    two = await setting.send("B <b@example.com>", "to@example.org", subject="2", text="x")
    assert [message["Id"] for message in await setting.get(id=one)] == [one]
    assert [message["Id"] for message in await setting.get(email="b@example.com")] == [two]
    assert [message["Id"] for message in await setting.get(email="B <b@example.com>")] == [two]
    assert await setting.get(email="C <b@example.com>") == []
    assert await setting.get(id=one, email="b@example.com") == []
    assert await ask(setting.store, "DELETE", id=one) == (204, None)
    assert [message["Id"] for message in await setting.get()] == [two]
    assert await ask(setting.store, "DELETE") == (204, None)
    assert await setting.get() == []
    assert (await ask(setting.store, "POST"))[0] == 405


async def test_a_listing_holds_the_newest_messages_within_its_limits(setting: Setting) -> None:
    ids = [await setting.send("s@example.com", "a@example.org", subject=str(n), text="x") for n in range(4)]
    assert [message["Id"] for message in await setting.get(limit="2")] == ids[2:]
    assert [message["Id"] for message in await setting.get(limit="9" * 30)] == ids
    for nonsense in ("0", "-1", "x", "²"):
        assert (await ask(setting.store, "GET", limit=nonsense))[0] == 400

    def bounded(tx: Tx, most_bytes: int) -> list[str]:
        return [message.message_id for message in messages(tx, most_bytes=most_bytes)]

    [last] = await setting.store.read(lambda tx: messages(tx, ids[3]))
    size = len(last.content)
    assert await setting.store.read(lambda tx: bounded(tx, 2 * size)) == ids[2:]
    assert await setting.store.read(lambda tx: bounded(tx, 1)) == ids[3:], (
        "the newest comes whatever its size"
    )


async def test_deleting_what_another_has_deleted_spares_what_came_since(setting: Setting) -> None:
    await setting.send("s@example.com", "a@example.org", subject="old", text="x")
    seen = await setting.store.read(keys)
    assert await ask(setting.store, "DELETE") == (204, None)
    new = await setting.send("s@example.com", "a@example.org", subject="new", text="x")
    await setting.store.write(lambda tx: delete(tx, seen))
    assert [message["Id"] for message in await setting.get()] == [new]


async def test_recipients_that_come_later_join_their_message(setting: Setting) -> None:
    parts: dict[str, Any] = {"to": ["a@example.org", "b@example.net"], "subject": "x", "text": "x"}
    message_id = await setting.send("s@example.com", "a@example.org", **parts)
    await setting.send("s@example.com", "b@example.net", "c@example.net", message_id=message_id, **parts)
    await setting.send("s@example.com", "c@example.net", message_id=message_id, **parts)
    [message] = await setting.get()
    assert message["Destination"]["BccAddresses"] == ["c@example.net"]


async def test_a_message_of_nobody_is_kept_too(setting: Setting) -> None:
    to = Destination("127.0.0.1", setting.mailbox.port, Tls.OFF)
    await setting.connections.send(to, "x@example.org", ["y@example.org"], b"\xff not a header\r\n")
    [message] = await setting.get()
    assert (message["Source"], message["Region"], message["Subject"]) == ("x@example.org", "", "")


async def test_the_oldest_messages_make_room(setting: Setting) -> None:
    ids = [await setting.send("s@example.com", "a@example.org", subject=str(n), text="x") for n in range(8)]
    await setting.mailbox.trim()
    assert [message["Id"] for message in await setting.get()] == ids[3:]
    last = await setting.send("s@example.com", "a@example.org", subject="big", text="x" * 90 + "\n" * 98_000)
    await setting.mailbox.trim()
    assert [message["Id"] for message in await setting.get()] == [last]


async def test_what_was_answered_with_250_survives_a_restart(setting: Setting, tmp_path: Path) -> None:
    message_id = await setting.send("s@example.com", "a@example.org", subject="x", text="x")
    again = SqliteStore.open(tmp_path / "mail.db", [SCHEMA], read_only=True)
    _, answer = await ask(again, "GET")
    again.close()
    assert [message["Id"] for message in answer["messages"]] == [message_id]


headers = st.lists(
    st.sampled_from(
        [
            b"Subject: =?unicode_escape?Q?=5Cud800?=",
            b"Subject: =?utf-7?Q?+2AA-?= \xff",
            b"From: \xff <a@b>",
            b"To: a, b <, \xfe",
            b"Content-Type: text/plain; charset=idna",
            b"Content-Type: text/html; charset=unicode_escape",
            b'Content-Type: multipart/mixed; boundary="x"',
            b"Content-Type: text/plain; charset*=utf-8''%00",
            b"Content-Disposition: \xff",
            b"Content-Transfer-Encoding: base64",
            b"",
            b"--x",
            b"\\ud800 +2AA- =ff",
        ]
    )
).map(b"\r\n".join)


@given(st.binary(max_size=200) | headers)
def test_any_message_can_be_shown(content: bytes) -> None:
    captured = Captured("id", "", "s@example.com", 0.0, "s@example.com", ("a@example.org",), content)
    assert orjson.dumps(document(captured))
