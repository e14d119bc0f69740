"""Tags of resources, by ARN: of alarms and dashboards."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import store
from mailgauge.cloudwatch.alarms.alarm import arn_prefix
from mailgauge.cloudwatch.alarms.store import Tags
from mailgauge.cloudwatch.api.constraints import Constraints
from mailgauge.cloudwatch.dashboards import store as dashboards
from mailgauge.store.transaction import Store, Tx

_TEXT = re.compile(r"[\w .:/=+\-@]*")
_MOST = 50


def tag_operations(metrics: Store) -> dict[str, Handler]:
    """``metrics`` is the metrics database."""
    tagging = _Tagging(metrics)
    return {
        "TagResource": tagging.tag_resource,
        "UntagResource": tagging.untag_resource,
        "ListTagsForResource": tagging.list_tags_for_resource,
    }


def checked(given: Iterable[dict[str, Any]] | None) -> Tags:
    """Tags in the order given, the last value of a key counting. Raises AwsError for what is no tag."""
    tags: dict[str, str] = {}
    for tag in given or ():
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        if not 1 <= len(key) <= 128 or not _TEXT.fullmatch(key) or key.lower().startswith("aws:"):
            _refuse(f"The tag key {key} is not valid.")
        if len(value) > 256 or not _TEXT.fullmatch(value):
            _refuse(f"The tag value {value} is not valid.")
        tags[key] = value
    return _limited(tags)


class _Tagging:
    def __init__(self, metrics: Store) -> None:
        self._metrics = metrics

    async def tag_resource(self, caller: Caller, params: Params) -> Result:
        """Adds tags; a key that is there gets the new value."""
        Constraints(params).required("ResourceARN", "Tags").length("ResourceARN", 1, 1024).verify()
        more = dict(checked(params["Tags"]))

        def tag(tx: Tx) -> None:
            resource = _existing(tx, caller.scope, params["ResourceARN"])
            resource.put(tx, _limited(dict(resource.tags) | more))

        await self._metrics.write(tag)
        return {}

    async def untag_resource(self, caller: Caller, params: Params) -> Result:
        Constraints(params).required("ResourceARN", "TagKeys").length("ResourceARN", 1, 1024).verify()
        gone = set(params["TagKeys"])

        def untag(tx: Tx) -> None:
            resource = _existing(tx, caller.scope, params["ResourceARN"])
            resource.put(tx, tuple(tag for tag in resource.tags if tag[0] not in gone))

        await self._metrics.write(untag)
        return {}

    async def list_tags_for_resource(self, caller: Caller, params: Params) -> Result:
        """In the order in which they were given; of a resource that is gone there are none."""
        Constraints(params).required("ResourceARN").length("ResourceARN", 1, 1024).verify()
        resource = await self._metrics.read(lambda tx: _resource(tx, caller.scope, params["ResourceARN"]))
        tags = () if resource is None else resource.tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags]}


@dataclass(frozen=True, slots=True)
class _Resource:
    """What has tags, and how it gets others."""

    tags: Tags
    put: Callable[[Tx, Tags], None]


def _resource(tx: Tx, scope: Scope, arn: str) -> _Resource | None:
    if arn.startswith(prefix := arn_prefix(scope)):
        alarm = store.get(tx, scope, arn.removeprefix(prefix))
        return (
            None if alarm is None else _Resource(alarm.tags, lambda tx, tags: store.set_tags(tx, alarm, tags))
        )
    if arn.startswith(prefix := dashboards.arn_prefix(scope)):
        dashboard = dashboards.get(tx, scope.account, arn.removeprefix(prefix))
        if dashboard is not None:
            return _Resource(dashboard.tags, lambda tx, tags: dashboards.set_tags(tx, dashboard, tags))
    return None


def _existing(tx: Tx, scope: Scope, arn: str) -> _Resource:
    resource = _resource(tx, scope, arn)
    if resource is None:
        kind = "Dashboard" if ":dashboard/" in arn else "Alarm"
        members = {"ResourceType": kind, "ResourceId": arn}
        raise AwsError("ResourceNotFoundException", "Unknown", status=404, members=members)
    return resource


def _limited(tags: dict[str, str]) -> Tags:
    if len(tags) > _MOST:
        _refuse(f"A resource has at most {_MOST} tags.")
    return tuple(tags.items())


def _refuse(message: str) -> NoReturn:
    raise AwsError("InvalidParameterValue", message)
