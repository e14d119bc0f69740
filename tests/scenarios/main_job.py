"""The job everything else serves, step by step, for any client: send tagged mail, see it counted, be alarmed.

The mailbox simulator gives known outcomes, so every number that comes back can be worked out beforehand.
"""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.scenarios.clients import Client
from tests.scenarios.service import Service, wait_until

NAMESPACE = "AWS/SES"
SENDER = "sender@example.com"
SET = "main-job"
ALARM = "complaints-of-spring"

#: What is sent: campaign, local part at simulator.amazonses.com, how often.
SENT = [
    ("spring", "success", 2),
    ("spring", "bounce", 1),
    ("spring", "complaint", 2),
    ("spring", "suppressionlist", 1),
    ("spring", "ooto", 1),
    ("autumn", "success", 1),
    ("autumn", "bounce", 2),
]

#: What each address makes of a message, besides the Send.
OUTCOMES = {
    "success": ["Delivery"],
    "bounce": ["Bounce"],
    "complaint": ["Delivery", "Complaint"],
    "suppressionlist": ["Bounce"],
    "ooto": ["Delivery"],
}

Expected = dict[tuple[str | None, str], int]


def expected() -> Expected:
    """Sums by (campaign, metric); the campaign None is the account."""
    sums: Counter[tuple[str | None, str]] = Counter()
    for campaign, address, times in SENT:
        for metric in ["Send", *OUTCOMES[address]]:
            sums[None, metric] += times
            sums[campaign, metric] += times
    return dict(sums)


def prepare_v1(client: Client) -> None:
    client.call("ses", "VerifyEmailIdentity", EmailAddress=SENDER)
    client.call("ses", "CreateConfigurationSet", ConfigurationSet={"Name": SET})
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "messageTag",
        "DefaultDimensionValue": "none",
    }
    destination = {
        "Name": "to-cloudwatch",
        "Enabled": True,
        "MatchingEventTypes": ["send", "delivery", "bounce", "complaint", "reject"],
        "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
    }
    client.call(
        "ses",
        "CreateConfigurationSetEventDestination",
        ConfigurationSetName=SET,
        EventDestination=destination,
    )


def prepare_v2(client: Client) -> None:
    client.call("sesv2", "CreateEmailIdentity", EmailIdentity=SENDER)
    client.call("sesv2", "CreateConfigurationSet", ConfigurationSetName=SET)
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    destination = {
        "Enabled": True,
        "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT"],
        "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
    }
    client.call(
        "sesv2",
        "CreateConfigurationSetEventDestination",
        ConfigurationSetName=SET,
        EventDestinationName="to-cloudwatch",
        EventDestination=destination,
    )


def send_v1(client: Client, campaign: str, address: str) -> str:
    content = {"Subject": {"Data": f"{campaign} news"}, "Body": {"Text": {"Data": "Hello."}}}
    answer = client.call(
        "ses",
        "SendEmail",
        Source=SENDER,
        Destination={"ToAddresses": [f"{address}@simulator.amazonses.com"]},
        Message=content,
        Tags=[{"Name": "campaign", "Value": campaign}],
        ConfigurationSetName=SET,
    )
    return str(answer["MessageId"])


def send_v2(client: Client, campaign: str, address: str) -> str:
    content = {"Simple": {"Subject": {"Data": f"{campaign} news"}, "Body": {"Text": {"Data": "Hello."}}}}
    answer = client.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [f"{address}@simulator.amazonses.com"]},
        Content=content,
        EmailTags=[{"Name": "campaign", "Value": campaign}],
        ConfigurationSetName=SET,
    )
    return str(answer["MessageId"])


def alarm_on_complaints(client: Client) -> None:
    client.call(
        "cloudwatch",
        "PutMetricAlarm",
        AlarmName=ALARM,
        Namespace=NAMESPACE,
        MetricName="Complaint",
        Dimensions=[{"Name": "campaign", "Value": "spring"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )


def dimensions_of(campaign: str | None) -> list[dict[str, str]]:
    return [] if campaign is None else [{"Name": "campaign", "Value": campaign}]


def listed(client: Client) -> set[tuple[str | None, str]]:
    """What ListMetrics shows, as (campaign, metric); the reputation metrics have a life of their own."""
    found: set[tuple[str | None, str]] = set()
    for metric in client.call("cloudwatch", "ListMetrics", Namespace=NAMESPACE).get("Metrics", []):
        assert metric["Namespace"] == NAMESPACE
        values = {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}
        assert set(values) <= {"campaign"}
        if not metric["MetricName"].startswith("Reputation."):
            found.add((values.get("campaign"), metric["MetricName"]))
    return found


def span() -> tuple[str, str]:
    """A day around now, wide enough for every step of the clock in between."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return (now - timedelta(hours=12)).isoformat(), (now + timedelta(hours=12)).isoformat()


def summed_by_statistics(
    client: Client, between: tuple[str, str], campaign: str | None, metric: str
) -> float:
    answer = client.call(
        "cloudwatch",
        "GetMetricStatistics",
        Namespace=NAMESPACE,
        MetricName=metric,
        Dimensions=dimensions_of(campaign),
        StartTime=between[0],
        EndTime=between[1],
        Period=3600,
        Statistics=["Sum"],
    )
    points: list[dict[str, Any]] = answer.get("Datapoints", [])
    assert all(point["Unit"] == "Count" for point in points)
    return sum(float(point["Sum"]) for point in points)


def summed_by_data(client: Client, between: tuple[str, str], wanted: Expected) -> Expected:
    """The same sums, all series in one GetMetricData."""
    ids = {f"q{number}": key for number, key in enumerate(wanted)}
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": metric,
                    "Dimensions": dimensions_of(campaign),
                },
                "Period": 300,
                "Stat": "Sum",
            },
        }
        for name, (campaign, metric) in ids.items()
    ]
    answer = client.call(
        "cloudwatch", "GetMetricData", MetricDataQueries=queries, StartTime=between[0], EndTime=between[1]
    )
    return {ids[result["Id"]]: sum(result.get("Values", [])) for result in answer["MetricDataResults"]}


def check_statistics_agree(client: Client, wanted: Expected) -> None:
    points = client.call("ses", "GetSendStatistics")["SendDataPoints"]
    columns = {"DeliveryAttempts": "Send", "Bounces": "Bounce", "Complaints": "Complaint"}
    for column, metric in columns.items():
        assert sum(point[column] for point in points) == wanted[None, metric], column
    assert sum(point["Rejects"] for point in points) == 0


def check_alarm_rings(client: Client, service: Service) -> None:
    """Nobody sets the alarm's state; time alone brings it."""
    service.step(90)

    def state() -> dict[str, Any]:
        (alarm,) = client.call("cloudwatch", "DescribeAlarms", AlarmNames=[ALARM])["MetricAlarms"]
        found: dict[str, Any] = alarm
        return found

    alarm = wait_until(state, lambda found: found["StateValue"] == "ALARM")
    assert "Threshold Crossed" in alarm["StateReason"]
    history = client.call(
        "cloudwatch", "DescribeAlarmHistory", AlarmName=ALARM, HistoryItemType="StateUpdate"
    )["AlarmHistoryItems"]
    (rung,) = [item for item in history if item["HistorySummary"].endswith("to ALARM")]
    new_state = json.loads(rung["HistoryData"])["newState"]
    assert new_state["stateValue"] == "ALARM"
    assert new_state["stateReason"] == alarm["StateReason"]
    assert "[2.0 " in new_state["stateReason"], "the reason names the datapoint: two complaints"


def main_job(client: Client, service: Service, version: str) -> None:
    prepare, send = (prepare_v1, send_v1) if version == "v1" else (prepare_v2, send_v2)
    prepare(client)
    alarm_on_complaints(client)
    messages = [send(client, campaign, address) for campaign, address, times in SENT for _ in range(times)]
    assert len(set(messages)) == sum(times for _, _, times in SENT)

    wanted = expected()
    wait_until(lambda: listed(client), lambda found: found == set(wanted))
    between = span()
    wait_until(lambda: summed_by_data(client, between, wanted), lambda sums: sums == wanted)
    for (campaign, metric), total in wanted.items():
        assert summed_by_statistics(client, between, campaign, metric) == total, (campaign, metric)
    check_statistics_agree(client, wanted)
    check_alarm_rings(client, service)
