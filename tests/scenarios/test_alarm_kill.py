"""`kill -9` around changes of state: each is in the history once, and each is told to a topic, whenever the process dies."""

import json
import random
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Rounds
from tests.scenarios.service import Service, wait_until

pytestmark = pytest.mark.soak

ALARMS = [f"orders-{number}" for number in range(150)]
NAMESPACE = "kills"
PATIENCE = 120.0

Change = tuple[str, str, datetime]
"""Name of the alarm, its new state, and when."""


def metric(name: str) -> dict[str, Any]:
    return {"Namespace": NAMESPACE, "MetricName": "Orders", "Dimensions": [{"Name": "shop", "Value": name}]}


def prepare(service: Service) -> str:
    """The alarms, and a queue that is told what they do; its address."""
    sns, sqs, cloudwatch = (service.client(name) for name in ("sns", "sqs", "cloudwatch"))
    topic = sns.create_topic(Name="on-call")["TopicArn"]
    queue = sqs.create_queue(QueueName="on-call")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    subscribed = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"], Attributes=subscribed)
    for name in ALARMS:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            **metric(name),
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=5,
            ComparisonOperator="GreaterThanThreshold",
            # However long a restart takes, nothing but new data changes a state.
            TreatMissingData="ignore",
            AlarmActions=[topic],
            OKActions=[topic],
        )
    return str(queue)


def put(service: Service, value: float) -> None:
    """A sample for each alarm, there to be read."""
    cloudwatch = service.client("cloudwatch")
    datums = [
        {"MetricName": "Orders", "Dimensions": metric(name)["Dimensions"], "Value": value} for name in ALARMS
    ]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=datums)
    wait_until(lambda: newest(service), lambda found: found == value, PATIENCE)


def newest(service: Service) -> float | None:
    now = service.get("/_mailgauge/clock")["now"]
    stat = {"Metric": metric(ALARMS[-1]), "Period": 60, "Stat": "Maximum"}
    answer = service.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": stat}], StartTime=now - 600, EndTime=now + 120
    )
    values: list[float] = answer["MetricDataResults"][0]["Values"]
    return values[0] if values else None


def step_and_kill(service: Service, moment: float) -> None:
    """The minute ends, every alarm changes its state, and somewhere in between, or just before, the process dies."""

    def step() -> None:
        with suppress(OSError, HTTPException):
            service.step(63)

    stepping = threading.Thread(target=step)
    stepping.start()
    time.sleep(moment)
    service.kill()
    stepping.join(60)
    assert not stepping.is_alive()


def states(service: Service) -> Counter[str]:
    pages = service.client("cloudwatch").get_paginator("describe_alarms").paginate()
    return Counter(alarm["StateValue"] for page in pages for alarm in page["MetricAlarms"])


def all_are(state: str, found: Counter[str]) -> bool:
    return found[state] == len(ALARMS)


def changes(service: Service) -> list[Change]:
    pages = service.client("cloudwatch").get_paginator("describe_alarm_history")
    answer = pages.paginate(HistoryItemType="StateUpdate", ScanBy="TimestampAscending")
    return [
        (item["AlarmName"], item["HistorySummary"].split()[-1], item["Timestamp"])
        for page in answer
        for item in page["AlarmHistoryItems"]
    ]


def receive(service: Service, queue: str, told: Counter[Change]) -> None:
    """Adds what the queue has to what was told before."""
    sqs = service.client("sqs")
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            body = json.loads(message["Body"])
            when = datetime.strptime(body["StateChangeTime"], "%Y-%m-%dT%H:%M:%S.%f%z")
            told[body["AlarmName"], body["NewStateValue"], when] += 1
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def executed(service: Service) -> Counter[str]:
    """How many actions of each alarm the history tells of."""
    pages = service.client("cloudwatch").get_paginator("describe_alarm_history")
    items = [item for page in pages.paginate(HistoryItemType="Action") for item in page["AlarmHistoryItems"]]
    return Counter(
        item["AlarmName"] for item in items if item["HistorySummary"].startswith("Successfully executed")
    )


def test_a_change_of_state_is_there_once_and_acted_on_whenever_the_process_dies(
    tmp_path: Path, rounds: Rounds
) -> None:
    data, moments, count = tmp_path / "data", random.Random("moments"), rounds(4, 60)
    service = Service.start(data)
    queue = prepare(service)
    expected = ["ALARM" if number % 2 == 0 else "OK" for number in range(count)]
    for state in expected:
        put(service, 9.0 if state == "ALARM" else 0.0)
        step_and_kill(service, moments.uniform(0.0, moments.choice((0.1, 0.4))))
        service = Service.start(data)
        service.step(63)  # in case it died before the first one
        wait_until(partial(states, service), partial(all_are, state), PATIENCE)
    try:
        told: Counter[Change] = Counter()
        found = changes(service)
        wait_until(lambda: receive(service, queue, told), lambda _: set(found) <= set(told), PATIENCE)
        for name in ALARMS:
            assert [state for of, state, _ in found if of == name] == expected, name
        assert set(told) == set(found)
        wait_until(
            lambda: executed(service), lambda done: all(done[name] >= count for name in ALARMS), PATIENCE
        )
    finally:
        service.stop()
