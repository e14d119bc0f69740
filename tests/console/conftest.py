"""The console over real keys and the real gateway client, asked as a browser asks, without sockets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.types import ASGIApp, Message

from mailgauge.aws.models import Models
from mailgauge.base.clock import ManualClock
from mailgauge.console.app import PREFIX, console_app
from mailgauge.console.door import Door, KeyDoor
from mailgauge.gateway.client import Client
from mailgauge.iam import api, keys
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.keys import NewKey
from mailgauge.iam.policies import Policy
from mailgauge.iam.schema import SCHEMA
from mailgauge.iam.secrets import MasterKey
from mailgauge.store.sqlite import SqliteStore

OWN_PAGE = {
    "host": "mail.example:4566",
    "origin": "http://mail.example:4566",
    "sec-fetch-site": "same-origin",
    "x-mailgauge-console": "1",
}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Page:
    """What a browser does for the page: headers of its own, and a cookie kept from answer to request."""

    app: ASGIApp
    scheme: str = "http"
    address: str = "192.0.2.1"
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return await self._ask("GET", path, b"", headers)

    async def post(self, path: str, document: object, headers: dict[str, str] | None = None) -> Answer:
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return await self._ask("POST", path, body, headers)

    async def sign_in(self, key: NewKey, region: str = "eu-west-1") -> Answer:
        fields = {"accessKeyId": key.key.access_key_id, "secretAccessKey": key.secret, "region": region}
        return await self.post("/api/sign-in", fields)

    async def whoami(self) -> Answer:
        return await self.post("/api/sts/GetCallerIdentity", {})

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str] | None) -> Answer:
        sent = OWN_PAGE if headers is None else headers
        if self.cookies:
            sent = {**sent, "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        got: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            got.append(message)

        scope = {
            "type": "http",
            "method": method,
            "scheme": self.scheme,
            "path": PREFIX + path,
            "root_path": PREFIX,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": (self.address, 40000),
            "server": ("mail.example", 4566),
        }
        await self.app(scope, receive, send)
        start, *rest = got
        answer_headers = {name.decode(): value.decode() for name, value in start["headers"]}
        for name, morsel in SimpleCookie(answer_headers.get("set-cookie", "")).items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        return Answer(start["status"], answer_headers, b"".join(part.get("body", b"") for part in rest))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore.open(tmp_path / "mail.db", [SCHEMA])
    yield store
    store.close()


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return MasterKey.load_or_create(tmp_path / "master.key")


@pytest.fixture
def active(store: SqliteStore, master: MasterKey, clock: ManualClock) -> ActiveKeys:
    return ActiveKeys(store, master, clock)


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A built page of three files, beside a file that is nobody's business."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Mailgauge</title>")
    (folder / "assets" / "index-abc.js").write_text("export const answer = 42;\n" * 40)
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def make_app(clock: ManualClock, static: Path) -> Callable[[Door], ASGIApp]:
    """The console behind a given door, with the one service that needs no store."""
    models, services = Models(), {"sts": api.operations()}

    def make(door: Door) -> ASGIApp:
        return console_app(
            client=Client(services, models),
            door=door,
            models=models,
            services=["sts", "cloudwatch"],
            clock=clock,
            session_secret=b"0123456789abcdef0123456789abcdef",
            static=static,
        )

    return make


@pytest.fixture
def page(make_app: Callable[[Door], ASGIApp], active: ActiveKeys) -> Page:
    return Page(make_app(KeyDoor(active)))


@pytest.fixture
async def key(store: SqliteStore, master: MasterKey) -> NewKey:
    return await store.write(
        lambda tx: keys.create(
            tx, master, account="123456789012", user_name="ann", policy=Policy.FULL, now=0.0
        )
    )
