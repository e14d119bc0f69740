"""Tags of resources, by ARN. Alarms are the only resources there are so far."""

import re
from collections.abc import Iterable
from typing import Any, NoReturn

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms import store
from mailgauge.cloudwatch.alarms.alarm import Alarm, arn_prefix
from mailgauge.cloudwatch.alarms.store import Tags
from mailgauge.cloudwatch.api.constraints import Constraints
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
            alarm = _existing(tx, caller.scope, params["ResourceARN"])
            store.set_tags(tx, alarm, _limited(dict(alarm.tags) | more))

        await self._metrics.write(tag)
        return {}

    async def untag_resource(self, caller: Caller, params: Params) -> Result:
        Constraints(params).required("ResourceARN", "TagKeys").length("ResourceARN", 1, 1024).verify()
        gone = set(params["TagKeys"])

        def untag(tx: Tx) -> None:
            alarm = _existing(tx, caller.scope, params["ResourceARN"])
            store.set_tags(tx, alarm, tuple(tag for tag in alarm.tags if tag[0] not in gone))

        await self._metrics.write(untag)
        return {}

    async def list_tags_for_resource(self, caller: Caller, params: Params) -> Result:
        """In the order in which they were given; of a resource that is gone there are none."""
        Constraints(params).required("ResourceARN").length("ResourceARN", 1, 1024).verify()
        alarm = await self._metrics.read(lambda tx: _alarm(tx, caller.scope, params["ResourceARN"]))
        tags = () if alarm is None else alarm.tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags]}


def _alarm(tx: Tx, scope: Scope, arn: str) -> Alarm | None:
    prefix = arn_prefix(scope)
    return store.get(tx, scope, arn.removeprefix(prefix)) if arn.startswith(prefix) else None


def _existing(tx: Tx, scope: Scope, arn: str) -> Alarm:
    alarm = _alarm(tx, scope, arn)
    if alarm is None:
        members = {"ResourceType": "Alarm", "ResourceId": arn}
        raise AwsError("ResourceNotFoundException", "Unknown", status=404, members=members)
    return alarm


def _limited(tags: dict[str, str]) -> Tags:
    if len(tags) > _MOST:
        _refuse(f"A resource has at most {_MOST} tags.")
    return tuple(tags.items())


def _refuse(message: str) -> NoReturn:
    raise AwsError("InvalidParameterValue", message)
