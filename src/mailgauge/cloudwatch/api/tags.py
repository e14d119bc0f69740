"""Tags of resources, by ARN: of alarms of both types, mute rules and dashboards."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import composite_store, mute_rule, mute_store, store
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
    for prefix, find in (
        (arn_prefix(scope), _alarm),
        (mute_rule.arn_prefix(scope), _mute_rule),
        (dashboards.arn_prefix(scope), _dashboard),
    ):
        if arn.startswith(prefix):
            return find(tx, scope, arn.removeprefix(prefix))
    return None


def _alarm(tx: Tx, scope: Scope, name: str) -> _Resource | None:
    """Of either type: no two have the same name."""
    alarm = store.get(tx, scope, name)
    if alarm is not None:
        return _Resource(alarm.tags, lambda tx, tags: store.set_tags(tx, alarm, tags))
    composite = composite_store.get(tx, scope, name)
    if composite is not None:
        return _Resource(
            composite.tags,
            lambda tx, tags: composite_store.write(tx, msgspec.structs.replace(composite, tags=tags)),
        )
    return None


def _mute_rule(tx: Tx, scope: Scope, name: str) -> _Resource | None:
    rule = mute_store.get(tx, scope, name)
    return (
        None if rule is None else _Resource(rule.tags, lambda tx, tags: mute_store.set_tags(tx, rule, tags))
    )


def _dashboard(tx: Tx, scope: Scope, name: str) -> _Resource | None:
    found = dashboards.get(tx, scope.account, name)
    return (
        None
        if found is None
        else _Resource(found.tags, lambda tx, tags: dashboards.set_tags(tx, found, tags))
    )


def _existing(tx: Tx, scope: Scope, arn: str) -> _Resource:
    resource = _resource(tx, scope, arn)
    if resource is None:
        members = {"ResourceType": _kind(arn), "ResourceId": arn}
        raise AwsError("ResourceNotFoundException", "Unknown", status=404, members=members)
    return resource


def _kind(arn: str) -> str:
    if ":dashboard/" in arn:
        return "Dashboard"
    return "AlarmMuteRule" if ":alarm-mute-rule:" in arn else "Alarm"


def _limited(tags: dict[str, str]) -> Tags:
    if len(tags) > _MOST:
        _refuse(f"A resource has at most {_MOST} tags.")
    return tuple(tags.items())


def _refuse(message: str) -> NoReturn:
    raise AwsError("InvalidParameterValue", message)
