"""`kill -9` while notifications are published and delivered: what was answered reaches every subscriber, queues once."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.conftest import Rounds
from tests.scenarios.service import Service, wait_until

pytestmark = pytest.mark.soak


@contextmanager
def endpoint(got: Counter[str], links: list[str]) -> Iterator[str]:
    """An HTTP subscriber that counts messages and keeps links to confirm."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if document["Type"] == "Notification":
                got[document["Message"]] += 1
            else:
                links.append(document["SubscribeURL"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/in"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def subscribe(service: Service, url: str, links: list[str]) -> str:
    sns, sqs = service.client("sns"), service.client("sqs")
    arn: str = sns.create_topic(Name="kills")["TopicArn"]
    queue = sqs.create_queue(QueueName="kills")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"})
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=url)
    wait_until(lambda: links, seconds=90)
    with urlopen(links[0], timeout=60) as answer:
        assert answer.status == 200
    return arn


def publish_until_killed(
    service: Service, arn: str, prefix: str, accepted: list[str], seconds: float
) -> None:
    """Publishes as fast as it can from another thread, and kills the service in the middle of it."""
    sns = service.client("sns")

    def publish() -> None:
        for number in range(100_000):
            text = f"{prefix} {number}"
            try:
                sns.publish(TopicArn=arn, Message=text)
            except (BotoCoreError, ClientError, OSError):
                return
            accepted.append(text)

    thread = threading.Thread(target=publish)
    thread.start()
    time.sleep(seconds)
    service.kill()
    thread.join()


def receive_all(service: Service, wanted: set[str]) -> Counter[str]:
    sqs = service.client("sqs")
    queue = sqs.get_queue_url(QueueName="kills")["QueueUrl"]
    found: Counter[str] = Counter()

    def take() -> set[str]:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for each in answer.get("Messages", []):
            found[each["Body"]] += 1
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
        return wanted - set(found)

    wait_until(take, lambda missing: not missing, seconds=120)
    return found


def test_what_was_published_reaches_every_subscriber_whenever_the_process_dies(
    tmp_path: Path, rounds: Rounds
) -> None:
    choice = random.Random(6)
    got: Counter[str] = Counter()
    links: list[str] = []
    accepted: list[str] = []
    data = tmp_path / "data"
    with endpoint(got, links) as url:
        service = Service.start(data)
        arn = subscribe(service, url, links)
        for number in range(rounds(2, 40)):
            publish_until_killed(service, arn, f"round {number}", accepted, choice.uniform(0.05, 0.4))
            service = Service.start(data)
        assert accepted
        wait_until(lambda: set(accepted) - set(got), lambda missing: not missing, seconds=120)
        queued = receive_all(service, set(accepted))
    assert set(queued.values()) == {1}
    assert service.stop() == 0
