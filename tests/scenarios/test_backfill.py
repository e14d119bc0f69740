"""Metrics after the fact: a destination that is added late has the metrics it would have had, each event once."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.auditing import audit
from tests.scenarios.service import Service, clean_environment, running, wait_until

pytestmark = pytest.mark.scenario

SENDER = "sender@example.com"
SET = "news"


def backfill(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailgauge.cli.main", "backfill", "--data", str(data), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=clean_environment()
    )


def filled(data: Path, *arguments: str) -> dict[str, int]:
    done = backfill(data, SET, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def dimension(name: str, default: str = "none") -> dict[str, str]:
    return {"DimensionName": name, "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": default}


def publish(service: Service, name: str, *dimensions: dict[str, str]) -> None:
    service.client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName=name,
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "DELIVERY"],
            "CloudWatchDestination": {"DimensionConfigurations": list(dimensions)},
        },
    )


def send(service: Service, campaign: str, times: int = 1) -> None:
    client = service.client("sesv2")
    for _ in range(times):
        client.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": ["somebody@example.net"]},
            Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}},
            ConfigurationSetName=SET,
            EmailTags=[{"Name": "campaign", "Value": campaign}, {"Name": "genre", "Value": "offers"}],
        )


def total(service: Service, name: str, **dimensions: str) -> float:
    now = datetime.now(UTC)
    metric = {
        "Namespace": "AWS/SES",
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    stat = {"Metric": metric, "Period": 3600, "Stat": "Sum"}
    found: Any = service.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": stat}],
        StartTime=now - timedelta(hours=3),
        EndTime=now + timedelta(hours=1),
    )
    return float(sum(found["MetricDataResults"][0]["Values"]))


def test_a_late_destination_gets_its_metrics_from_the_journal_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as service:
        service.client("sesv2").create_email_identity(EmailIdentity=SENDER)
        service.client("sesv2").create_configuration_set(ConfigurationSetName=SET)
        send(service, "spring", 3)
        wait_until(lambda: total(service, "Delivery") == 3)
        publish(
            service, "late", dimension("campaign"), dimension("genre"), dimension("mailgauge:roll-up", "each")
        )
        send(service, "spring", 2)
        wait_until(lambda: total(service, "Delivery", campaign="spring") == 2)
        assert filled(data, "late")["samples"] == 18  # six events, each by both dimensions and by either
        assert total(service, "Send", campaign="spring", genre="offers") == 5
        assert total(service, "Delivery", campaign="spring") == 5
        assert filled(data, "late") == {"entries": 0, "samples": 0}
        send(service, "spring")
        wait_until(lambda: total(service, "Delivery", genre="offers") == 6)
        assert filled(data, "late")["samples"] == 0
        assert total(service, "Send", campaign="spring", genre="offers") == 6
    assert audit(data)["agrees"]


def test_a_destination_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as service:
        service.client("sesv2").create_configuration_set(ConfigurationSetName=SET)
        publish(service, "there", dimension("campaign"))
    refused = backfill(data, SET, "nowhere")
    assert refused.returncode == 1
    assert "it has there" in refused.stderr
    assert backfill(data, "other", "there").returncode == 1
