"""`kill -9` among producers and consumers: what was kept is delivered, and what was deleted never comes back."""

import random
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from tests.scenarios.raw import Wire
from tests.scenarios.service import Service, running, wait_until

ROUNDS, PRODUCERS, CONSUMERS = 2, 4, 6
QUEUE = "/000000000000/orders"
#: Longer than a round lasts on a slow machine: what comes back sooner than it may is a fault.
HIDDEN = 600


@dataclass
class Log:
    """What the clients know: bodies that were answered with 200, those they asked to delete, and were told are deleted."""

    kept: set[str] = field(default_factory=set)
    deleting: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


def ask(wire: Wire, operation: str, **parameters: Any) -> dict[str, Any]:
    headers = {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    answer = wire.request(
        "POST", "/", orjson.dumps({"QueueUrl": QUEUE, **parameters}), headers, service="sqs"
    )
    assert answer.status == 200, answer.text
    found: dict[str, Any] = orjson.loads(answer.body)
    return found


def produce(wire: Wire, log: Log, name: str, number: int) -> None:
    body = f"{name}-{number}"
    ask(wire, "SendMessage", MessageBody=body)
    with log.lock:
        log.kept.add(body)


def consume(wire: Wire, log: Log, name: str, number: int) -> None:
    """Deletes most of what it gets; the rest it forgets, as one that dies does."""
    choice = random.Random(f"{name}-{number}")
    answer = ask(wire, "ReceiveMessage", MaxNumberOfMessages=10, WaitTimeSeconds=1)
    for message in answer.get("Messages", []):
        body = message["Body"]
        with log.lock:
            assert body not in log.deleted, "it was deleted"
        if choice.random() < 0.8:
            with log.lock:
                log.deleting.add(body)
            ask(wire, "DeleteMessage", ReceiptHandle=message["ReceiptHandle"])
            with log.lock:
                log.deleted.add(body)


def until_killed(
    service: Service, log: Log, work: Callable[[Wire, Log, str, int], None], name: str
) -> threading.Thread:
    """Works until the connection breaks."""

    def run() -> None:
        wire = Wire(service.http)
        with closing(wire.connection), suppress(OSError, HTTPException):
            for number in count():
                work(wire, log, name, number)

    thread = threading.Thread(target=run, name=name)
    thread.start()
    return thread


def work_until_killed(data: Path, log: Log, number: int) -> None:
    """One life of the service, with clients at work to its end."""
    service = Service.start(data)
    enough = len(log.deleted) + 100
    try:
        with closing((wire := Wire(service.http)).connection):
            ask(wire, "CreateQueue", QueueName="orders", Attributes={"VisibilityTimeout": str(HIDDEN)})
        threads = [until_killed(service, log, produce, f"p{number}{each}") for each in range(PRODUCERS)]
        threads += [until_killed(service, log, consume, f"c{number}{each}") for each in range(CONSUMERS)]
        wait_until(lambda: len(log.deleted) >= enough, seconds=120)
    finally:
        service.kill()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_nothing_that_was_kept_is_lost_and_nothing_deleted_comes_back(tmp_path: Path) -> None:
    data, log = tmp_path / "data", Log()
    for number in range(ROUNDS):
        work_until_killed(data, log, number)
    with running(data) as service:
        left = drain(service)
    # What was to be deleted when the process died may be gone or not.
    assert log.kept - log.deleting <= left, "lost"
    assert left & log.deleted == set(), "came back"


def drain(service: Service) -> set[str]:
    """Everything that is left, once nobody holds anything."""
    service.step(HIDDEN)
    found: set[str] = set()
    with closing((wire := Wire(service.http)).connection):
        while messages := ask(wire, "ReceiveMessage", MaxNumberOfMessages=10).get("Messages"):
            found |= {each["Body"] for each in messages}
    return found
