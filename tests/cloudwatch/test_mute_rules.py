"""Mute rules through their operations: put, shown with their status, listed in pages, tagged, deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.clock import ManualClock
from tests.cloudwatch.alarm_bench import Bench

NOW = datetime(2026, 11, 23, 22, 0, 30, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm-mute-rule:"
NIGHTLY = {"Expression": "cron(0 2 * * *)", "Duration": "PT4H"}
HOURLY = {"Expression": "cron(0 * * * *)", "Duration": "PT10M"}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, ManualClock(NOW.timestamp()))
    yield bench
    bench.close()


async def put(bench: Bench, name: str = "nightly", schedule: dict[str, str] = NIGHTLY, **more: Any) -> None:
    await bench.call("PutAlarmMuteRule", Name=name, Rule={"Schedule": schedule}, **more)


async def get(bench: Bench, name: str = "nightly") -> dict[str, Any]:
    return dict(await bench.call("GetAlarmMuteRule", AlarmMuteRuleName=name))


async def names(bench: Bench, **filters: Any) -> list[str]:
    answer = await bench.call("ListAlarmMuteRules", **filters)
    return [each["AlarmMuteRuleArn"].removeprefix(ARN) for each in answer["AlarmMuteRuleSummaries"]]


async def test_a_rule_is_shown_as_it_was_put_in_utc_where_no_zone_was_given(bench: Bench) -> None:
    await put(bench)
    assert await get(bench) == {
        "Name": "nightly",
        "AlarmMuteRuleArn": f"{ARN}nightly",
        "Rule": {"Schedule": {**NIGHTLY, "Timezone": "UTC"}},
        "Status": "SCHEDULED",
        "MuteType": "RECURRING",
        "LastUpdatedTimestamp": NOW,
    }


async def test_all_members_come_back_and_dates_to_the_minute(bench: Bench) -> None:
    starts, expires = (
        datetime(2027, 1, 1, 8, 0, 59, tzinfo=UTC),
        datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC),
    )
    schedule = {**NIGHTLY, "Timezone": "Asia/Tokyo"}
    targets = {"AlarmNames": ["b", "a"]}
    await put(
        bench, schedule=schedule, Description="", StartDate=starts, ExpireDate=expires, MuteTargets=targets
    )
    rule = await get(bench)
    assert (rule["Description"], rule["MuteTargets"], rule["Rule"]) == ("", targets, {"Schedule": schedule})
    assert (rule["StartDate"], rule["ExpireDate"]) == (starts.replace(second=0), expires.replace(second=0))


async def test_a_rule_is_replaced_but_for_its_tags(bench: Bench) -> None:
    await put(bench, MuteTargets={"AlarmNames": ["a"]}, Tags=[{"Key": "team", "Value": "mail"}])
    bench.clock.step(60)
    await put(bench, schedule=HOURLY, Tags=[{"Key": "late", "Value": "x"}])
    rule = await get(bench)
    assert rule["Rule"]["Schedule"]["Expression"] == "cron(0 * * * *)"
    assert "MuteTargets" not in rule
    assert rule["LastUpdatedTimestamp"] == NOW + timedelta(seconds=60)
    tags = await bench.call("ListTagsForResource", ResourceARN=f"{ARN}nightly")
    assert tags["Tags"] == [{"Key": "team", "Value": "mail"}]


async def test_tags_change_by_arn_and_go_with_the_rule(bench: Bench) -> None:
    await put(bench)
    await bench.call("TagResource", ResourceARN=f"{ARN}nightly", Tags=[{"Key": "a", "Value": "1"}])
    await bench.call("TagResource", ResourceARN=f"{ARN}nightly", Tags=[{"Key": "b", "Value": "2"}])
    await bench.call("UntagResource", ResourceARN=f"{ARN}nightly", TagKeys=["a"])
    found = await bench.call("ListTagsForResource", ResourceARN=f"{ARN}nightly")
    assert found["Tags"] == [{"Key": "b", "Value": "2"}]
    await bench.call("DeleteAlarmMuteRule", AlarmMuteRuleName="nightly")
    with pytest.raises(AwsError, match="ResourceNotFoundException") as refused:
        await bench.call("TagResource", ResourceARN=f"{ARN}nightly", Tags=[{"Key": "a", "Value": "1"}])
    assert refused.value.members == {"ResourceType": "AlarmMuteRule", "ResourceId": f"{ARN}nightly"}


async def test_deleting_what_is_not_there_succeeds_and_showing_it_does_not(bench: Bench) -> None:
    await put(bench)
    for _ in range(2):
        await bench.call("DeleteAlarmMuteRule", AlarmMuteRuleName="nightly")
    with pytest.raises(AwsError) as refused:
        await get(bench)
    assert (refused.value.code, refused.value.status) == ("ResourceNotFoundException", 404)
    assert refused.value.members == {"ResourceType": "AlarmMuteRule", "ResourceId": "nightly"}


@pytest.mark.parametrize(
    ("schedule", "dates", "statuses"),
    [
        (HOURLY, {}, {0: "ACTIVE", 570: "SCHEDULED", 3570: "ACTIVE"}),
        ({**HOURLY, "Expression": "at(2026-11-23T22:00)"}, {}, {0: "ACTIVE", 569: "ACTIVE", 570: "EXPIRED"}),
        ({**HOURLY, "Expression": "at(2026-11-24T22:00)"}, {}, {0: "SCHEDULED", 86400: "ACTIVE"}),
        ({**HOURLY, "Expression": "at(2020-01-01T00:00)"}, {}, {0: "EXPIRED"}),
        (HOURLY, {"StartDate": NOW + timedelta(minutes=3)}, {0: "SCHEDULED", 150: "ACTIVE"}),
        (HOURLY, {"ExpireDate": NOW + timedelta(minutes=3)}, {0: "ACTIVE", 149: "ACTIVE", 150: "EXPIRED"}),
        (HOURLY, {"ExpireDate": NOW - timedelta(days=1)}, {0: "EXPIRED"}),
    ],
)
async def test_the_status_follows_the_clock(
    bench: Bench, schedule: dict[str, str], dates: dict[str, Any], statuses: dict[int, str]
) -> None:
    await put(bench, schedule=schedule, **dates)
    for seconds, status in statuses.items():
        bench.clock.step(NOW.timestamp() + seconds - bench.clock.now())
        assert (await get(bench))["Status"] == status


async def test_what_mutes_once_says_so(bench: Bench) -> None:
    await put(bench, schedule={"Expression": "at(2027-01-01T00:00)", "Duration": "P15D"})
    assert (await get(bench))["MuteType"] == "ONE_TIME"


async def test_rules_are_listed_by_alarm_and_status(bench: Bench) -> None:
    await put(bench, "hourly", HOURLY, MuteTargets={"AlarmNames": ["a", "b"]})
    await put(bench, "over", NIGHTLY, ExpireDate=NOW, MuteTargets={"AlarmNames": ["b"]})
    await put(bench, "nightly")
    assert await names(bench) == ["hourly", "nightly", "over"]
    assert await names(bench, AlarmName="b") == ["hourly", "over"]
    assert await names(bench, AlarmName="b", Statuses=["EXPIRED"]) == ["over"]
    assert await names(bench, Statuses=["ACTIVE", "SCHEDULED"]) == ["hourly", "nightly"]
    assert await names(bench, AlarmName="nobody") == []


async def test_a_summary_tells_status_type_and_times(bench: Bench) -> None:
    expires = datetime(2027, 1, 1, tzinfo=UTC)
    await put(bench, ExpireDate=expires)
    [summary] = (await bench.call("ListAlarmMuteRules"))["AlarmMuteRuleSummaries"]
    assert summary == {
        "AlarmMuteRuleArn": f"{ARN}nightly",
        "ExpireDate": expires,
        "Status": "SCHEDULED",
        "MuteType": "RECURRING",
        "LastUpdatedTimestamp": NOW,
    }


async def test_lists_are_read_page_by_page_also_through_a_filter(bench: Bench) -> None:
    for number in range(60):
        await put(bench, f"r{number:02}", HOURLY if number % 2 else NIGHTLY)
    first = await bench.call("ListAlarmMuteRules")
    assert len(first["AlarmMuteRuleSummaries"]) == 50
    assert await names(bench, NextToken=first["NextToken"]) == [f"r{number}" for number in range(50, 60)]
    seen: list[str] = []
    token: dict[str, str] = {}
    while len(seen) < 30:
        page = await bench.call("ListAlarmMuteRules", Statuses=["ACTIVE"], MaxRecords=7, **token)
        seen += [each["AlarmMuteRuleArn"].removeprefix(ARN) for each in page["AlarmMuteRuleSummaries"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert seen == [f"r{number:02}" for number in range(1, 60, 2)]
    assert token == {}


async def test_a_token_of_nobodys_is_refused(bench: Bench) -> None:
    with pytest.raises(AwsError, match="InvalidNextToken"):
        await bench.call("ListAlarmMuteRules", NextToken="no token")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("Duration", "2h"),
        ("Duration", "PT59S"),
        ("Duration", "P15DT1S"),
        ("Duration", "P1M"),
        ("Duration", "P9999999DT9999999H"),
        ("Duration", "PT"),
        ("Expression", "cron(0 2 ? * SUN *)"),
        ("Expression", "cron(*/5 * * * *)"),
        ("Expression", "cron(60 * * * *)"),
        ("Expression", "cron(0 0 31 FEB,APR *)"),
        ("Expression", "at(2026-09-05T02:00:00)"),
        ("Expression", "at(2026-13-05T02:00)"),
        ("Expression", "rate(5 minutes)"),
        ("Expression", "at(9999-12-31T23:59)"),
        ("Expression", "at(0000-01-01T00:00)"),
        ("Timezone", "Mars/Olympus"),
        ("Timezone", "America"),
        ("Timezone", "UTC\0"),
        ("Timezone", "../etc/passwd"),
        ("Timezone", "+0100"),
    ],
)
async def test_what_is_no_schedule_is_refused_by_its_part(bench: Bench, part: str, value: str) -> None:
    with pytest.raises(AwsError) as refused:
        await put(bench, schedule={**NIGHTLY, part: value})
    assert (refused.value.code, refused.value.message) == (
        "ValidationError",
        f"The {part} provided is not valid.",
    )
    assert await names(bench) == []


async def test_a_rule_does_not_expire_before_it_starts(bench: Bench) -> None:
    with pytest.raises(AwsError, match="before the ExpireDate"):
        await put(bench, StartDate=NOW, ExpireDate=NOW)
