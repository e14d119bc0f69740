"""The sentence it all began with: monitor the complaint metric, and have an alarm go off when it passes a value.

With boto3 against the real process: complaints come in, and the alarm tells a queue, a web server and a mailbox, and stops
the sending.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from mailgauge.cli.keys import keys
from tests.scenarios.service import REGION, Service, running, wait_until

SENDER, ON_CALL = "sender@example.com", "oncall@example.com"
ACCOUNT = "000000000000"
OWN = f"arn:aws:mailgauge:{REGION}:{ACCOUNT}"
PATIENCE = 120.0


@dataclass
class Hook:
    """A receiver of webhooks, and what it got."""

    url: str
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def hook_server() -> Iterator[Hook]:
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Hook(f"http://127.0.0.1:{server.server_port}/alarms", got)
        server.shutdown()
        thread.join()


def send(service: Service, *recipients: str) -> None:
    """One message to each."""
    ses = service.client("ses")
    for recipient in recipients:
        ses.send_email(
            Source=SENDER,
            Destination={"ToAddresses": [recipient]},
            Message={"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}},
        )


def queue_of(service: Service, topic: str) -> str:
    """A queue that is told what the topic is told; its address."""
    sqs = service.client("sqs")
    queue = str(sqs.create_queue(QueueName="on-call")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    service.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return queue


def put_alarm(service: Service, *actions: str) -> None:
    """More than one complaint in a hundred messages."""

    def metric(query: str, name: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": "AWS/SES", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": query, "MetricStat": stat, "ReturnData": False}

    service.client("cloudwatch").put_metric_alarm(
        AlarmName="complaint rate",
        AlarmDescription="People complain about our mail.",
        Metrics=[
            metric("complaints", "Complaint"),
            metric("sends", "Send"),
            {"Id": "rate", "Expression": "complaints / sends", "Label": "complaint rate", "ReturnData": True},
        ],
        EvaluationPeriods=1,
        Threshold=0.01,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=list(actions),
    )


def counted(service: Service) -> dict[str, float]:
    """What the metrics know of the last minutes."""
    now = service.get("/_mailgauge/clock")["now"]
    answers = {
        name: service.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SES",
            MetricName=name,
            StartTime=now - 600,
            EndTime=now + 60,
            Period=60,
            Statistics=["Sum"],
        )
        for name in ("Complaint", "Send")
    }
    return {name: sum(each["Sum"] for each in answer["Datapoints"]) for name, answer in answers.items()}


def state(service: Service) -> str:
    [alarm] = service.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return str(alarm["StateValue"])


def received(service: Service, queue: str) -> list[dict[str, Any]]:
    messages = service.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1)
    return list(messages.get("Messages", []))


def history(service: Service) -> list[str]:
    answer = service.client("cloudwatch").describe_alarm_history(HistoryItemType="Action")
    return [item["HistorySummary"] for item in answer["AlarmHistoryItems"]]


def verify(secret: str, headers: dict[str, str], body: bytes) -> None:
    """As Standard Webhooks says, in a receiver's own words."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert f"v1,{wanted}" in headers["webhook-signature"].split(" ")


def test_complaints_ring_the_alarm_which_tells_everybody_and_stops_the_sending(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as service, hook_server() as hook:
        service.client("ses").verify_email_identity(EmailAddress=SENDER)
        topic = service.client("sns").create_topic(Name="on-call")["TopicArn"]
        queue = queue_of(service, topic)
        actions = (topic, f"{OWN}:webhook/{hook.url}", f"{OWN}:mail/{ON_CALL}", f"{OWN}:pause-sending")
        put_alarm(service, *actions)

        # A minute has just begun: what comes in now is all in one datapoint.
        service.step(61 - service.get("/_mailgauge/clock")["now"] % 60)
        send(service, "complaint@simulator.amazonses.com", *["success@simulator.amazonses.com"] * 3)
        wait_until(lambda: counted(service), lambda found: found == {"Complaint": 1, "Send": 4}, PATIENCE)
        service.step(63)
        wait_until(lambda: state(service), lambda found: found == "ALARM", PATIENCE)
        done = wait_until(lambda: history(service), lambda found: len(found) == len(actions), PATIENCE)
        assert sorted(done) == sorted(f"Successfully executed action {action}" for action in actions)

        [envelope] = wait_until(lambda: received(service, queue), seconds=PATIENCE)
        notification = json.loads(envelope["Body"])
        assert notification["Subject"] == 'ALARM: "complaint rate" in US East (N. Virginia)'
        message = json.loads(notification["Message"])
        assert message["AlarmName"] == "complaint rate"
        assert message["NewStateReason"].startswith("Threshold Crossed: 1 datapoint [0.25 (")
        assert [each["Id"] for each in message["Trigger"]["Metrics"]] == ["complaints", "sends", "rate"]

        [(headers, body)] = hook.requests
        assert json.loads(body) == message
        shown = CliRunner().invoke(keys, ["webhook", "--data", str(data), "--json"])
        verify(json.loads(shown.stdout)["Secret"], headers, body)

        letters = wait_until(
            lambda: [
                each
                for each in service.get("/_aws/ses")["messages"]
                if each["Destination"]["ToAddresses"] == [ON_CALL]
            ],
            seconds=PATIENCE,
        )
        assert letters[0]["Subject"] == notification["Subject"]

        with pytest.raises(ClientError) as refused:
            send(service, "somebody@example.net")
        assert refused.value.response["Error"]["Code"] == "AccountSendingPausedException"
        service.client("ses").update_account_sending_enabled(Enabled=True)
        send(service, "somebody@example.net")
