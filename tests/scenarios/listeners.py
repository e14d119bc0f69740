"""Who listens to topics: a queue read with boto3, and a small HTTP server that takes what is posted to it."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.scenarios.service import Service, wait_until


def make_topic(service: Service, name: str) -> str:
    return str(service.client("sns").create_topic(Name=name)["TopicArn"])


@dataclass
class Queue:
    """A queue that is subscribed to a topic; ``notifications`` are all that came so far."""

    client: Any
    url: str
    notifications: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of_topic(cls, service: Service, topic: str, name: str = "events") -> "Queue":
        client = service.client("sqs")
        url = client.create_queue(QueueName=name)["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        service.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return cls(client, url)

    def read(self) -> list[dict[str, Any]]:
        """Takes what is there; the messages are deleted, as consumers do."""
        while messages := self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for each in messages:
                self.notifications.append(json.loads(each["Body"]))
                self.client.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])
        return self.notifications

    def documents(self) -> list[dict[str, Any]]:
        """SES's JSON, without the greetings of new destinations."""
        return documents(self.read())

    def until(self, count: int, seconds: float = 60.0) -> list[dict[str, Any]]:
        """The documents, once there are so many."""
        return wait_until(self.documents, lambda found: len(found) >= count, seconds=seconds)


def documents(notifications: list[dict[str, Any]]) -> list[dict[str, Any]]:
    texts = [each["Message"] for each in notifications if each["Type"] == "Notification"]
    parsed = [json.loads(each) for each in texts if each.startswith("{")]
    return [each for each in parsed if each.get("notificationType") != "AmazonSnsSubscriptionSucceeded"]


@dataclass
class Listener:
    """What was posted, in order: the header's type, and the body. It confirms by following the link, as people do."""

    address: str
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def take(self, kind: str, body: dict[str, Any]) -> None:
        if kind == "SubscriptionConfirmation":
            urllib.request.urlopen(body["SubscribeURL"], timeout=60).close()
        # Last, so that whoever sees the request of a subscription here knows that it is confirmed.
        self.posted.append((kind, body))

    @property
    def notifications(self) -> list[dict[str, Any]]:
        return [body for kind, body in list(self.posted) if kind == "Notification"]


@contextmanager
def listening() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            listener.take(self.headers["x-amz-sns-message-type"], body)

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener = Listener(f"http://127.0.0.1:{server.server_port}/events")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
