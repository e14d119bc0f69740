"""Dashboards through their operations: kept verbatim, listed by name, tagged, and refused in AWS's words."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.scope import Scope
from tests.cloudwatch.alarm_bench import SCOPE, Bench

BODY = '{ "widgets": [ {"type": "text", "properties": {"markdown": "Grüße"}} ] }'
ARN = "arn:aws:cloudwatch::123456789012:dashboard/"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


async def put(bench: Bench, *names: str) -> None:
    for name in names:
        await bench.call("PutDashboard", DashboardName=name, DashboardBody=BODY)


async def test_a_body_comes_back_as_it_was_put(bench: Bench) -> None:
    await put(bench, "mail")
    found = await bench.call("GetDashboard", DashboardName="mail")
    assert found == {"DashboardName": "mail", "DashboardArn": f"{ARN}mail", "DashboardBody": BODY}


async def test_they_are_listed_by_prefix_with_their_sizes(bench: Bench) -> None:
    await put(bench, "mail-b", "mail-a", "shop")
    found = await bench.call("ListDashboards", DashboardNamePrefix="mail")
    entries = found["DashboardEntries"]
    assert [entry["DashboardName"] for entry in entries] == ["mail-a", "mail-b"]
    assert entries[0]["Size"] == len(BODY.encode())
    assert entries[0]["DashboardArn"] == f"{ARN}mail-a"


async def test_lists_are_read_page_by_page(bench: Bench) -> None:
    await put(bench, *(f"d{number:04}" for number in range(1001)))
    first = await bench.call("ListDashboards")
    rest = await bench.call("ListDashboards", NextToken=first["NextToken"])
    assert [len(page["DashboardEntries"]) for page in (first, rest)] == [1000, 1]
    assert "NextToken" not in rest


async def test_an_account_has_them_in_every_region(bench: Bench) -> None:
    await put(bench, "mail")
    elsewhere = Scope(SCOPE.account, "eu-west-1")
    found = await bench.call_in(elsewhere, "GetDashboard", DashboardName="mail")
    assert found["DashboardArn"] == f"{ARN}mail"


async def test_nothing_is_deleted_when_one_is_unknown(bench: Bench) -> None:
    await put(bench, "mail")
    with pytest.raises(AwsError, match="Dashboard nowhere does not exist") as refused:
        await bench.call("DeleteDashboards", DashboardNames=["mail", "nowhere"])
    assert refused.value.code == "ResourceNotFound"
    assert await bench.call("GetDashboard", DashboardName="mail")
    await bench.call("DeleteDashboards", DashboardNames=["mail"])
    assert (await bench.call("ListDashboards"))["DashboardEntries"] == []


async def test_a_faulty_body_is_refused_with_all_its_faults(bench: Bench) -> None:
    with pytest.raises(AwsError) as refused:
        await bench.call(
            "PutDashboard",
            DashboardName="mail",
            DashboardBody='{"widgets": [{"type": "text", "properties": {}}, 7]}',
        )
    assert refused.value.code == "InvalidParameterInput"
    text = str(refused.value.message)
    assert text.startswith(
        "The dashboard body is invalid, there are 2 validation errors:\n"
        '[\n  {\n    "dataPath": "/widgets/0/properties",\n    "message": "Should have required property \'markdown\'"\n  },'
    )
    assert [each["DataPath"] for each in refused.value.members["dashboardValidationMessages"]] == [
        "/widgets/0/properties",
        "/widgets/1",
    ]


async def test_what_is_no_json_is_refused_without_a_list(bench: Bench) -> None:
    with pytest.raises(AwsError) as refused:
        await bench.call("PutDashboard", DashboardName="mail", DashboardBody="hello")
    assert (refused.value.code, refused.value.message) == (
        "InvalidParameterInput",
        "The field DashboardBody must be a valid JSON object",
    )


async def test_what_is_only_odd_is_put_with_a_warning(bench: Bench) -> None:
    body = '{"widgets": [{"type": "text", "note": "x", "properties": {"markdown": ""}}]}'
    answer = await bench.call("PutDashboard", DashboardName="mail", DashboardBody=body)
    [warning] = answer["DashboardValidationMessages"]
    assert warning == {
        "DataPath": "/widgets/0",
        "Message": 'The "note" property is not expected to be part of a widget definition, will be ignored',
    }
    assert (await bench.call("GetDashboard", DashboardName="mail"))["DashboardBody"] == body


async def test_tags_count_on_creation_only(bench: Bench) -> None:
    for value in ("first", "second"):
        tags = [{"Key": "team", "Value": value}]
        await bench.call("PutDashboard", DashboardName="mail", DashboardBody=BODY, Tags=tags)
    found = await bench.call("ListTagsForResource", ResourceARN=f"{ARN}mail")
    assert found["Tags"] == [{"Key": "team", "Value": "first"}]


async def test_a_name_is_of_letters_digits_dashes_and_underscores(bench: Bench) -> None:
    with pytest.raises(AwsError, match="It can only contain alphanumerics"):
        await bench.call("PutDashboard", DashboardName="mail/spring", DashboardBody=BODY)


async def test_dashboards_have_tags(bench: Bench) -> None:
    tags = [{"Key": "team", "Value": "mail"}]
    await bench.call("PutDashboard", DashboardName="mail", DashboardBody=BODY, Tags=tags)
    assert (await bench.call("ListTagsForResource", ResourceARN=f"{ARN}mail"))["Tags"] == tags
    await bench.call("TagResource", ResourceARN=f"{ARN}mail", Tags=[{"Key": "more", "Value": "x"}])
    await bench.call("UntagResource", ResourceARN=f"{ARN}mail", TagKeys=["team"])
    found = await bench.call("ListTagsForResource", ResourceARN=f"{ARN}mail")
    assert found["Tags"] == [{"Key": "more", "Value": "x"}]
