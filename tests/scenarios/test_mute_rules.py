"""Mute rules as boto3 programs use them: quiet through a window, told once behind it, also when the process is killed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.scenarios.service import Service, running
from tests.scenarios.test_composite_alarms import next_message, set_state, topic_with_queue


def mute(service: Service, name: str, alarm: str) -> None:
    """For ten minutes, from the minute that it is."""
    minute = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
    service.client("cloudwatch").put_alarm_mute_rule(
        Name=name,
        Rule={"Schedule": {"Expression": f"at({minute})", "Duration": "PT10M", "Timezone": "UTC"}},
        MuteTargets={"AlarmNames": [alarm]},
    )


def muted_alarm(service: Service) -> str:
    """In ALARM, and nobody was told. Gives the queue that would be."""
    topic, queue = topic_with_queue(service)
    service.client("cloudwatch").put_metric_alarm(
        AlarmName="complaints",
        Namespace="nobody puts",
        MetricName="complaints",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        # Without data it keeps the state that it was set to.
        TreatMissingData="ignore",
        AlarmActions=[topic],
        OKActions=[topic],
    )
    mute(service, "release", "complaints")
    set_state(service, "complaints", "ALARM")
    return queue


def told(service: Service, queue: str) -> tuple[Any, Any]:
    message = next_message(service, queue.replace(queue.split("/")[2], service.http.split("/")[2]))
    return message["NewStateValue"], message.get("ActionExecutedAfterMuteWindow")


def test_a_muted_alarm_tells_its_topic_once_when_the_window_ends(service: Service) -> None:
    queue, cloudwatch = muted_alarm(service), service.client("cloudwatch")
    cloudwatch.get_waiter("alarm_mute_rule_exists").wait(AlarmMuteRuleName="release")
    assert cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="release")["Status"] == "ACTIVE"
    service.step(601)
    assert told(service, queue) == ("ALARM", True)
    pages = cloudwatch.get_paginator("list_alarm_mute_rules").paginate(
        AlarmName="complaints", Statuses=["EXPIRED"]
    )
    found = [rule["MuteType"] for page in pages for rule in page["AlarmMuteRuleSummaries"]]
    assert found == ["ONE_TIME"]
    # Had the alarm been told of twice, the second time would come before this.
    set_state(service, "complaints", "OK")
    assert told(service, queue) == ("OK", None)


def test_what_was_muted_survives_a_kill(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        queue = muted_alarm(service)
        service.kill()
    with running(tmp_path / "data") as service:
        service.step(601)
        assert told(service, queue) == ("ALARM", True)
        set_state(service, "complaints", "OK")
        assert told(service, queue) == ("OK", None)
