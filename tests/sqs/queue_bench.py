"""Queues on a store of their own, under a clock that stands still until it is moved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from mailgauge.aws.http import HttpRequest, HttpResponse
from mailgauge.aws.models import Models
from mailgauge.aws.request import Caller
from mailgauge.aws.routing import Router
from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.gateway.dispatch import Gateway
from mailgauge.iam.authentication import Open
from mailgauge.server.apis import DIALECTS
from mailgauge.sqs import api, schema, sweeping
from mailgauge.sqs.operating import Queues
from mailgauge.store.sqlite import SqliteStore

HERE = Scope("111122223333", "us-east-1")
HOST = "queues.example:4566"


@dataclass(frozen=True)
class Bench:
    store: SqliteStore
    clock: ManualClock
    state: Queues

    @classmethod
    def open(cls, path: Path) -> "Bench":
        clock = ManualClock()
        store = SqliteStore.open(path / "mail.db", [schema.SCHEMA])
        return cls(store, clock, Queues(store, clock))

    async def call(self, operation: str, scope: Scope = HERE, **parameters: Any) -> Any:
        now = self.clock.now()
        caller = Caller(scope, "root", scope.account, "127.0.0.1", None, "request", now, host=HOST)
        return await api.operations(self.state)[operation](caller, parameters)

    async def queue(self, name: str, **attributes: str) -> str:
        """The URL of a new one."""
        answer = await self.call("CreateQueue", QueueName=name, Attributes=attributes)
        return str(answer["QueueUrl"])

    async def send(self, url: str, body: str, **parameters: Any) -> Any:
        return await self.call("SendMessage", QueueUrl=url, MessageBody=body, **parameters)

    async def receive(self, url: str, most: int = 10, **parameters: Any) -> list[dict[str, Any]]:
        answer = await self.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=most, **parameters)
        return list(answer.get("Messages", []))

    async def bodies(self, url: str, most: int = 10, **parameters: Any) -> list[str]:
        return [each["Body"] for each in await self.receive(url, most, **parameters)]

    async def delete(self, url: str, message: Mapping[str, Any]) -> None:
        await self.call("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    async def counts(self, url: str) -> tuple[int, ...]:
        """Waiting, in flight, delayed."""
        found = await self.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
        names = ("", "NotVisible", "Delayed")
        return tuple(int(found["Attributes"][f"ApproximateNumberOfMessages{name}"]) for name in names)

    async def sweep(self) -> None:
        while await self.store.write(lambda tx: sweeping.sweep(tx, self.state.now())):
            pass

    async def rows(self, table: str) -> int:
        [(found,)] = await self.store.read(lambda tx: tx.run(f"SELECT count(*) FROM {table}"))
        return int(found)


class Query:
    """The query protocol, as an old SDK speaks it."""

    def __init__(self, bench: Bench) -> None:
        router = Router(["sqs", "sqs-query"], Models(dialects=DIALECTS))
        self._gateway = Gateway(router, Open(bench.clock), {"sqs": api.operations(bench.state)})

    async def post(self, path: str, **fields: str) -> HttpResponse:
        """``__`` in the name of a field stands for a dot."""
        form = {name.replace("__", "."): value for name, value in fields.items()}
        body = urlencode({"Version": "2012-11-05", **form}).encode()
        credential = f"Credential={HERE.account}/20260101/{HERE.region}/sqs/aws4_request"
        headers = {
            "host": HOST,
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            "authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0",
        }
        return await self._gateway.handle(HttpRequest("POST", path, "", headers, body))


def elements(answer: HttpResponse, name: str) -> list[str]:
    """The texts of all elements of a name."""
    return re.findall(f"<{name}>([^<]*)</{name}>", answer.body.decode())
