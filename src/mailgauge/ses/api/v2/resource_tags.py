"""Tags of identities and configuration sets: ``sesv2/TagResource``, ``UntagResource``, ``ListTagsForResource``."""

from typing import Any

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import resource_tags
from mailgauge.ses.api.parts import Parts
from mailgauge.store.transaction import Tx


def resource_tag_operations(parts: Parts) -> dict[str, Handler]:
    tags = _ResourceTags(parts)
    return {"TagResource": tags.add, "UntagResource": tags.remove, "ListTagsForResource": tags.list}


def parse_tags(params: Params) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}


def tag_list(tags: dict[str, str]) -> list[dict[str, Any]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class _ResourceTags:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._limits = parts.limits

    async def add(self, caller: Caller, params: Params) -> Result:
        tags = parse_tags(params)

        def change(tx: Tx) -> None:
            resource = resource_tags.resource_of(tx, caller.scope, params["ResourceArn"])
            resource_tags.add(tx, caller.scope, resource, tags, self._limits)

        await self._store.write(change)
        return {}

    async def remove(self, caller: Caller, params: Params) -> Result:
        def change(tx: Tx) -> None:
            resource = resource_tags.resource_of(tx, caller.scope, params["ResourceArn"])
            resource_tags.remove(tx, caller.scope, resource, params["TagKeys"])

        await self._store.write(change)
        return {}

    async def list(self, caller: Caller, params: Params) -> Result:
        def look(tx: Tx) -> dict[str, str]:
            resource = resource_tags.resource_of(tx, caller.scope, params["ResourceArn"])
            return resource_tags.of(tx, caller.scope, resource)

        return {"Tags": tag_list(await self._store.read(look))}
