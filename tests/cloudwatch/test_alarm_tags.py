"""Tags of alarms: given on creation, changed by ARN, gone with the alarm."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.cloudwatch.api.tags import checked
from tests.cloudwatch.alarm_bench import Bench

ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:complaints"
TEAM, ENV = {"Key": "team", "Value": "mail"}, {"Key": "Env", "Value": ""}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


async def tags(bench: Bench, arn: str = ARN) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await bench.call("ListTagsForResource", ResourceARN=arn))["Tags"]
    return found


async def test_tags_count_on_creation_only(bench: Bench) -> None:
    await bench.put(Tags=[TEAM, ENV])
    await bench.put(Tags=[{"Key": "late", "Value": "1"}])
    assert await tags(bench) == [TEAM, ENV]


async def test_tagging_merges_and_untagging_removes(bench: Bench) -> None:
    await bench.put(Tags=[TEAM, ENV])
    changed = {"Key": "team", "Value": "post"}
    await bench.call("TagResource", ResourceARN=ARN, Tags=[changed, {"Key": "TEAM", "Value": "x"}])
    assert await tags(bench) == [changed, ENV, {"Key": "TEAM", "Value": "x"}]
    await bench.call("UntagResource", ResourceARN=ARN, TagKeys=["team", "unknown"])
    assert await tags(bench) == [ENV, {"Key": "TEAM", "Value": "x"}]


async def test_tags_go_with_the_alarm(bench: Bench) -> None:
    await bench.put(Tags=[TEAM])
    await bench.call("DeleteAlarms", AlarmNames=["complaints"])
    assert await tags(bench) == []
    await bench.put()
    assert await tags(bench) == []


@pytest.mark.parametrize("arn", [ARN + "x", ARN.replace("us-east-1", "eu-west-1"), "complaints"])
async def test_what_does_not_exist_is_not_tagged(bench: Bench, arn: str) -> None:
    await bench.put()
    for operation, params in (("TagResource", {"Tags": [TEAM]}), ("UntagResource", {"TagKeys": ["team"]})):
        with pytest.raises(AwsError, match="ResourceNotFoundException"):
            await bench.call(operation, ResourceARN=arn, **params)
    assert await tags(bench, arn) == []


async def test_composite_alarms_have_tags_of_their_own(bench: Bench) -> None:
    await bench.put(Tags=[TEAM])
    await bench.call("PutCompositeAlarm", AlarmName="any", AlarmRule="ALARM(complaints)", Tags=[ENV])
    arn = ARN.replace("complaints", "any")
    await bench.call("TagResource", ResourceARN=arn, Tags=[{"Key": "more", "Value": "x"}])
    await bench.call("UntagResource", ResourceARN=arn, TagKeys=["Env"])
    assert await tags(bench, arn) == [{"Key": "more", "Value": "x"}]
    assert await tags(bench) == [TEAM]
    await bench.call("DeleteAlarms", AlarmNames=["any"])
    assert await tags(bench, arn) == []


@pytest.mark.parametrize(
    ("arn", "kind"),
    [
        (f"{ARN}x", "Alarm"),
        (ARN.replace(":alarm:", ":alarm-mute-rule:"), "AlarmMuteRule"),
        ("arn:aws:cloudwatch::123456789012:dashboard/mail", "Dashboard"),
    ],
)
async def test_what_does_not_exist_is_told_with_its_kind(bench: Bench, arn: str, kind: str) -> None:
    with pytest.raises(AwsError) as refused:
        await bench.call("TagResource", ResourceARN=arn, Tags=[TEAM])
    assert refused.value.members == {"ResourceType": kind, "ResourceId": arn}


async def test_an_alarm_has_at_most_fifty_tags(bench: Bench) -> None:
    fifty = [{"Key": f"k{n}", "Value": ""} for n in range(50)]
    await bench.put(Tags=fifty)
    await bench.call("TagResource", ResourceARN=ARN, Tags=fifty)
    with pytest.raises(AwsError):
        await bench.call("TagResource", ResourceARN=ARN, Tags=[TEAM])
    assert await tags(bench) == fifty


@pytest.mark.parametrize(
    "wrong",
    [
        {"Key": "aws:x", "Value": "1"},
        {"Key": "", "Value": "1"},
        {"Key": "k" * 129, "Value": "1"},
        {"Key": "a", "Value": "50%"},
        {"Key": "a", "Value": "v" * 257},
    ],
)
def test_what_is_no_tag_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(AwsError):
        checked([wrong])
