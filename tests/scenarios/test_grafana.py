"""The requests that Grafana's CloudWatch data source sends: its variables, its query builders, its annotations.

What it sends is taken from its source (pkg/tsdb/cloudwatch): the ids, the form of the searches it infers, the labels it
parses series' dimensions out of, the alarm calls behind annotations. The client is an unmodified boto3.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.scenarios.clients import Boto3
from tests.scenarios.main_job import ALARM, SENT, alarm_on_complaints, expected, listed, prepare_v2, send_v2
from tests.scenarios.service import REGION, Service, running, wait_until

SEPARATOR = "|&|"
"""Between the label a person sees and the values of dimensions, in the labels that Grafana asks for."""
SENDS = {campaign: count for (campaign, metric), count in expected().items() if metric == "Send" and campaign}


class DataSource:
    """Asks as the data source does: ascending, with a time zone, page after page."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.client = service.client("cloudwatch")
        now = datetime.now(UTC)
        self.start, self.end = now - timedelta(hours=1), now + timedelta(hours=1)

    def metric_data(self, *queries: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        request = {
            "MetricDataQueries": [{"ReturnData": True} | query for query in queries],
            "StartTime": self.start,
            "EndTime": self.end,
            "ScanBy": "TimestampAscending",
            "LabelOptions": {"Timezone": "+0200"},
        } | more
        while True:
            answer = self.client.get_metric_data(**request)
            assert answer["Messages"] == []
            results += answer["MetricDataResults"]
            if not answer.get("NextToken"):
                return results
            request["NextToken"] = answer["NextToken"]

    def sums(self, *queries: dict[str, Any]) -> dict[str, float]:
        """By label."""
        results = self.metric_data(*queries)
        assert all(each["StatusCode"] == "Complete" for each in results)
        assert all(each["Timestamps"] == sorted(each["Timestamps"]) for each in results)
        return {each["Label"]: sum(each["Values"]) for each in results}

    def metrics(self, **filters: Any) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("list_metrics").paginate(**filters)
        return [metric for page in pages for metric in page["Metrics"]]


@pytest.fixture(scope="module")
def grafana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataSource]:
    """A service through which tagged mail went, and where an alarm has rung."""
    with running(tmp_path_factory.mktemp("grafana") / "data") as service:
        client = Boto3(service)
        prepare_v2(client)
        alarm_on_complaints(client)
        for campaign, address, times in SENT:
            for _ in range(times):
                send_v2(client, campaign, address)
        source = DataSource(service)
        wait_until(lambda: listed(client), lambda found: found == set(expected()))
        wait_until(
            lambda: source.sums(inferred("queryA")), lambda found: sum(found.values()) == sum(SENDS.values())
        )
        service.step(90)
        wait_until(
            lambda: source.client.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]["StateValue"],
            lambda state: state == "ALARM",
        )
        yield source


def metric_stat(query_id: str, name: str, **dimensions: str) -> dict[str, Any]:
    given = [{"Name": each, "Value": value} for each, value in dimensions.items()]
    metric = {"Namespace": "AWS/SES", "MetricName": name, "Dimensions": given}
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}


def inferred(query_id: str, values: str = "", name: str = "Send") -> dict[str, Any]:
    """The search that a query with a wildcard or several values of a dimension becomes."""
    terms = f'MetricName="{name}"' + (f' "campaign"={values}' if values else "")
    return {
        "Id": query_id,
        "Expression": f"REMOVE_EMPTY(SEARCH('{{\"AWS/SES\",\"campaign\"}} {terms}', 'Sum', 60))",
        "Label": f"${{LABEL}}{SEPARATOR}${{PROP('Dim.campaign')}}",
    }


def test_the_connection_test_is_answered(grafana: DataSource) -> None:
    assert grafana.metrics(Namespace="AWS/Billing", MetricName="EstimatedCharges") == []


def test_variables_list_namespaces_metrics_dimension_keys_and_values(grafana: DataSource) -> None:
    assert {each["Namespace"] for each in grafana.metrics()} >= {"AWS/SES"}
    assert {each["MetricName"] for each in grafana.metrics(Namespace="AWS/SES")} >= {
        "Send",
        "Delivery",
        "Bounce",
        "Complaint",
    }
    keys = grafana.metrics(Namespace="AWS/SES", MetricName="Send", Dimensions=[{"Name": "campaign"}])
    assert {one["Name"] for each in keys for one in each["Dimensions"]} == {"campaign"}
    assert {one["Value"] for each in keys for one in each["Dimensions"]} == set(SENDS)
    narrowed = grafana.metrics(Namespace="AWS/SES", Dimensions=[{"Name": "campaign", "Value": "autumn"}])
    assert {each["MetricName"] for each in narrowed} == {"Send", "Delivery", "Bounce"}


def test_linked_accounts_are_the_callers_own(grafana: DataSource) -> None:
    answer = grafana.client.list_metrics(Namespace="AWS/SES", MetricName="Send", IncludeLinkedAccounts=True)
    assert len(answer["OwningAccounts"]) == len(answer["Metrics"])
    assert set(answer["OwningAccounts"]) == {"000000000000"}


def test_a_single_metric_is_a_metric_stat(grafana: DataSource) -> None:
    (result,) = grafana.metric_data(
        metric_stat("queryA", "Send", campaign="spring")
        | {"Label": "${PROP('MetricName')} of ${PROP('Dim.campaign')}"}
    )
    assert result["Id"] == "queryA"
    assert result["Label"] == "Send of spring"
    assert sum(result["Values"]) == SENDS["spring"]


def test_a_wildcard_becomes_a_search_whose_labels_tell_the_dimensions(grafana: DataSource) -> None:
    results = grafana.metric_data(inferred("queryA"))
    assert {each["Id"] for each in results} == {"queryA"}
    found = {each["Label"].split(SEPARATOR)[1]: sum(each["Values"]) for each in results}
    assert found == SENDS


@pytest.mark.parametrize(
    ("values", "campaigns"),
    [
        ('"spring"', {"spring"}),
        ('("spring" OR "autumn")', {"spring", "autumn"}),
        ('("autumn" OR "nothing like it")', {"autumn"}),
        (r'"it\'s"', set()),
        (r'"a \"quote\""', set()),
    ],
)
def test_several_values_become_a_list_in_the_search(
    grafana: DataSource, values: str, campaigns: set[str]
) -> None:
    found = grafana.sums(inferred("queryA", values))
    assert {label.split(SEPARATOR)[1] for label in found} == campaigns


def test_dimensions_that_need_not_match_exactly_are_looked_for_by_name(grafana: DataSource) -> None:
    for terms, count in [
        ('Namespace="AWS/SES" MetricName="Send" "campaign"', len(SENDS)),
        ('Namespace="AWS/SES" MetricName="Send" "campaign"="spring"', 1),
        ('Namespace="AWS/SES" MetricName="Send"', len(SENDS) + 1),
        ('{"AWS/SES"} MetricName="Send"', 1),
        ('{"AWS/SES","campaign"} MetricName="Send" :aws.AccountId="000000000000"', len(SENDS)),
    ]:
        query = {"Id": "queryA", "Expression": f"REMOVE_EMPTY(SEARCH('{terms}', 'Sum', 60))"}
        assert (terms, len(grafana.metric_data(query))) == (terms, count)


def test_nothing_found_is_no_error(grafana: DataSource) -> None:
    assert grafana.metric_data(inferred("queryA", name="Nothing")) == []


def test_math_is_made_of_queries_by_their_ids(grafana: DataSource) -> None:
    results = grafana.metric_data(
        metric_stat("queryA", "Bounce", campaign="autumn") | {"ReturnData": False},
        metric_stat("queryB", "Send", campaign="autumn") | {"ReturnData": False},
        {
            "Id": "queryC",
            "Expression": "100 * SUM(queryA) / SUM(queryB) + queryB*0",
            "Period": 60,
            "Label": "bounced",
        },
        {"Id": "queryD", "Expression": "SUM(METRICS())", "Period": 60},
    )
    assert [(each["Id"], each["Label"]) for each in results] == [("queryC", "bounced"), ("queryD", "queryD")]
    assert results[0]["Values"] == pytest.approx([200 / 3] * len(results[0]["Values"]))
    assert results[0]["Values"]
    assert sum(results[1]["Values"]) == 5


def test_searches_and_math_in_one_call_keep_their_order(grafana: DataSource) -> None:
    results = grafana.metric_data(
        inferred("queryA"),
        metric_stat("queryB", "Send"),
        {"Id": "queryC", "Expression": "queryB - SUM(queryA)", "Period": 60},
    )
    assert [each["Id"] for each in results] == ["queryA"] * len(SENDS) + ["queryB", "queryC"]
    assert set(results[-1]["Values"]) == {0}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ('SELECT SUM(Send) FROM SCHEMA("AWS/SES", campaign) GROUP BY campaign', SENDS),
        ('SELECT SUM(Send) FROM SCHEMA("AWS/SES", campaign) GROUP BY campaign ORDER BY SUM() DESC LIMIT 1', {"spring": 7}),
        ("SELECT SUM(Send) FROM SCHEMA(\"AWS/SES\", campaign) WHERE campaign = 'autumn' GROUP BY campaign", {"autumn": 3}),
        ("SELECT SUM(Send) FROM SCHEMA(\"AWS/SES\", campaign) WHERE campaign != 'autumn' GROUP BY campaign", {"spring": 7}),
    ],
)  # fmt: skip
def test_the_builder_of_metrics_insights_is_answered(
    grafana: DataSource, query: str, wanted: dict[str, float]
) -> None:
    label = f"${{LABEL}}{SEPARATOR}${{PROP('Dim.campaign')}}"
    found = grafana.sums({"Id": "queryA", "Expression": query, "Period": 60, "Label": label})
    assert found == {f"{campaign}{SEPARATOR}{campaign}": count for campaign, count in wanted.items()}


def test_a_query_without_groups_goes_by_its_label(grafana: DataSource) -> None:
    query = 'SELECT SUM(Send) FROM SCHEMA("AWS/SES", campaign)'
    found = grafana.sums({"Id": "queryA", "Expression": query, "Period": 300, "Label": "sent"})
    assert found == {"sent": sum(SENDS.values())}


def test_a_hundred_panels_worth_of_queries_fit_in_a_call(grafana: DataSource) -> None:
    queries = [metric_stat(f"query{n}", "Send", campaign="spring") for n in range(500)]
    results = grafana.metric_data(*queries)
    assert [each["Id"] for each in results] == [each["Id"] for each in queries]
    assert {sum(each["Values"]) for each in results} == {SENDS["spring"]}


def test_pages_are_followed_to_the_end(grafana: DataSource) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    datums = [
        {"MetricName": "Orders", "Value": n, "Timestamp": now - timedelta(minutes=n)} for n in range(1, 21)
    ]
    grafana.client.put_metric_data(Namespace="Shop", MetricData=datums)
    metric = {"Metric": {"Namespace": "Shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}

    def pages() -> list[list[float]]:
        found = grafana.metric_data({"Id": "queryA", "MetricStat": metric}, MaxDatapoints=8)
        return [each["Values"] for each in found]

    found = wait_until(pages, lambda found: sum(map(len, found)) == 20)
    assert [number for page in found for number in page] == list(range(20, 0, -1))
    assert max(map(len, found)) == 8


def test_a_faulty_query_is_told_with_its_place(grafana: DataSource) -> None:
    with pytest.raises(grafana.client.exceptions.ClientError) as refused:
        grafana.metric_data({"Id": "queryA", "Expression": "SUM(queryB", "Period": 60})
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert (
        error["Message"]
        == "Error in expression 'queryA': The expression ends where ',' is expected at position 11"
    )


def test_annotations_show_what_alarms_of_a_metric_did(grafana: DataSource) -> None:
    alarms = grafana.client.describe_alarms_for_metric(
        Namespace="AWS/SES",
        MetricName="Complaint",
        Dimensions=[{"Name": "campaign", "Value": "spring"}],
        Statistic="Sum",
        Period=60,
    )["MetricAlarms"]
    assert [each["AlarmName"] for each in alarms] == [ALARM]
    check_annotations(grafana, ALARM)


def test_annotations_by_prefix_describe_alarms_first(grafana: DataSource) -> None:
    alarms = grafana.client.describe_alarms(MaxRecords=100, AlarmNamePrefix="complaints-")["MetricAlarms"]
    (alarm,) = alarms
    # What Grafana filters by.
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"], alarm["Period"]) == (
        "AWS/SES",
        "Complaint",
        "Sum",
        60,
    )
    assert alarm["AlarmArn"].startswith(f"arn:aws:cloudwatch:{REGION}:000000000000:alarm:")
    check_annotations(grafana, alarm["AlarmName"])
    assert grafana.client.describe_alarms(MaxRecords=100, ActionPrefix="arn:aws:sns:")["MetricAlarms"] == []


def check_annotations(grafana: DataSource, alarm: str) -> None:
    items = grafana.client.describe_alarm_history(
        AlarmName=alarm, StartDate=grafana.start, EndDate=grafana.end, MaxRecords=100
    )["AlarmHistoryItems"]
    assert {each["AlarmName"] for each in items} == {alarm}
    assert {"ConfigurationUpdate", "StateUpdate"} <= {each["HistoryItemType"] for each in items}
    assert any(each["HistorySummary"].endswith("to ALARM") for each in items)
    assert all(grafana.start <= each["Timestamp"] <= grafana.end for each in items)
