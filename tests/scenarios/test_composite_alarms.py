"""Composite alarms as boto3 programs use them, and what becomes of them when the process is killed."""

import json
import random
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.scenarios.service import Service, running, wait_until

PATIENCE = 60.0
RULES = {
    "either": "ALARM(a) OR ALARM(b)",
    "calm": "NOT ALARM(either)",
    "both": "AT_LEAST(100%, ALARM, (a, b))",
    "one": "ALARM(either) AND NOT ALARM(both)",
    "never": "ALARM(either) AND ALARM(calm)",
}


def children(service: Service, *names: str) -> None:
    cloudwatch = service.client("cloudwatch")
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="nobody puts",
            MetricName=name,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            # Without data they keep the state that they were set to.
            TreatMissingData="ignore",
        )


def set_state(service: Service, name: str, value: str) -> None:
    service.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=value, StateReason="by hand")


def composite(service: Service, name: str) -> dict[str, Any]:
    answer = service.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    [alarm] = answer["CompositeAlarms"]
    return dict(alarm)


def topic_with_queue(service: Service) -> tuple[str, str]:
    """A topic's ARN, and the address of a queue that gets its messages raw."""
    sns, sqs = service.client("sns"), service.client("sqs")
    topic = sns.create_topic(Name="on-call")["TopicArn"]
    queue = sqs.create_queue(QueueName="on-call")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=attributes["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    return topic, queue


def next_message(service: Service, queue: str) -> dict[str, Any]:
    sqs = service.client("sqs")
    [message] = wait_until(
        lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []), seconds=PATIENCE
    )
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return dict(json.loads(message["Body"]))


def test_a_topic_is_told_of_a_composite_alarm_and_its_children(service: Service) -> None:
    topic, queue = topic_with_queue(service)
    children(service, "bounces", "complaints")
    rule = "ALARM(bounces) OR ALARM(complaints)"
    cloudwatch = service.client("cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="reputation", AlarmRule=rule, AlarmActions=[topic])
    set_state(service, "complaints", "ALARM")
    told, shown = next_message(service, queue), composite(service, "reputation")
    assert shown["StateValue"] == "ALARM"
    child = shown["AlarmArn"].replace("reputation", "complaints")
    assert told["NewStateReason"] == shown["StateReason"]
    assert told["NewStateReason"].startswith(f"{child} transitioned to ALARM at ")
    assert (told["AlarmName"], told["AlarmRule"], told["OldStateValue"], told["NewStateValue"]) == (
        "reputation",
        rule,
        "OK",
        "ALARM",
    )
    [triggering] = told["TriggeringChildren"]
    assert (triggering["Arn"], triggering["State"]["Value"]) == (child, "ALARM")


def test_a_suppressor_holds_actions_back_on_the_services_own_clock(service: Service) -> None:
    topic, queue = topic_with_queue(service)
    children(service, "bounces", "maintenance")
    service.client("cloudwatch").put_composite_alarm(
        AlarmName="reputation",
        AlarmRule="ALARM(bounces)",
        AlarmActions=[topic],
        ActionsSuppressor="maintenance",
        ActionsSuppressorWaitPeriod=3600,
        ActionsSuppressorExtensionPeriod=7200,
    )
    set_state(service, "bounces", "ALARM")
    assert composite(service, "reputation")["ActionsSuppressedBy"] == "WaitPeriod"
    set_state(service, "maintenance", "ALARM")
    service.step(4000)
    assert composite(service, "reputation")["ActionsSuppressedReason"] == "Actions suppressed by Alarm"
    set_state(service, "maintenance", "OK")
    assert composite(service, "reputation")["ActionsSuppressedBy"] == "ExtensionPeriod"
    service.step(7201)
    assert next_message(service, queue)["NewStateValue"] == "ALARM"
    assert "ActionsSuppressedBy" not in composite(service, "reputation")


def test_a_period_that_ends_while_nothing_runs_ends_at_the_next_start(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        topic, queue = topic_with_queue(service)
        children(service, "bounces", "maintenance")
        service.client("cloudwatch").put_composite_alarm(
            AlarmName="reputation",
            AlarmRule="ALARM(bounces)",
            AlarmActions=[topic],
            ActionsSuppressor="maintenance",
            ActionsSuppressorWaitPeriod=2,
            ActionsSuppressorExtensionPeriod=2,
        )
        set_state(service, "bounces", "ALARM")
        service.kill()
    with running(tmp_path / "data") as service:
        assert next_message(service, queue.replace(queue.split("/")[2], service.http.split("/")[2]))


def test_a_child_and_all_that_depends_on_it_change_together_whenever_the_process_dies(tmp_path: Path) -> None:
    chance, data = random.Random(6), tmp_path / "data"
    for round_ in range(2):
        service = Service.start(data)
        try:
            if not round_:
                children(service, "a", "b")
                for name, rule in RULES.items():
                    service.client("cloudwatch").put_composite_alarm(AlarmName=name, AlarmRule=rule)
            change_until_killed(service, chance)
        finally:
            service.kill()
    with running(data) as service:
        compare(service)


def change_until_killed(service: Service, chance: random.Random) -> None:
    values = [(chance.choice("ab"), chance.choice(["ALARM", "OK"])) for _ in range(2000)]

    cloudwatch = service.client("cloudwatch")

    def change() -> None:
        with suppress(BotoCoreError, ClientError):
            for name, value in values:
                cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="by hand")

    changing = threading.Thread(target=change)
    changing.start()
    wait_until(lambda: len(updates(service, "MetricAlarm")) > 10, seconds=PATIENCE)
    time.sleep(chance.uniform(0, 0.5))
    service.kill()
    changing.join(PATIENCE)
    assert not changing.is_alive()


def compare(service: Service) -> None:
    """Counts what composites must have done from what their children did, and what they should be now."""
    moves = updates(service, "MetricAlarm")
    states = {"a": "INSUFFICIENT_DATA", "b": "INSUFFICIENT_DATA"}
    expected: list[tuple[str, str]] = []
    now = expect(states)
    expected += now.items()
    for name, value in moves:
        states[name] = value
        before, now = now, expect(states)
        expected += [(each, now[each]) for each in now if now[each] != before[each]]
    assert {name: composite(service, name)["StateValue"] for name in RULES} == now
    done = updates(service, "CompositeAlarm")
    for name in RULES:
        assert [value for each, value in done if each == name] == [
            value for each, value in expected if each == name
        ]


def updates(service: Service, kind: str) -> list[tuple[str, str]]:
    """Every change of state of alarms of a type, oldest first."""
    pages = service.client("cloudwatch").get_paginator("describe_alarm_history")
    answer = pages.paginate(
        HistoryItemType="StateUpdate", ScanBy="TimestampAscending", AlarmTypes=[kind], PaginationConfig={}
    )
    return [
        (item["AlarmName"], item["HistorySummary"].split()[-1])
        for page in answer
        for item in page["AlarmHistoryItems"]
    ]


def expect(states: dict[str, str]) -> dict[str, str]:
    """What ``RULES`` say, in Python."""
    a, b = (states[name] == "ALARM" for name in "ab")
    truths = {"either": a or b, "calm": not (a or b), "both": a and b, "one": a != b, "never": False}
    return {name: "ALARM" if truth else "OK" for name, truth in truths.items()}
