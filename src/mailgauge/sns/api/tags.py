"""`sns/TagResource`, UntagResource and ListTagsForResource: tags of topics."""

from collections.abc import Iterable, Mapping

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.sns import tags, topics
from mailgauge.sns.arns import parse_topic
from mailgauge.sns.errors import UnknownResourceError, invalid
from mailgauge.sns.model import Tags, Topic
from mailgauge.store.transaction import Store, Tx


def operations(mail: Store) -> dict[str, Handler]:
    api = _Tagging(mail)
    return {
        "TagResource": api.tag,
        "UntagResource": api.untag,
        "ListTagsForResource": api.list,
    }


def given_tags(given: Iterable[Mapping[str, str]] | None) -> Tags:
    return tuple((each["Key"], each["Value"]) for each in given or ())


class _Tagging:
    def __init__(self, mail: Store) -> None:
        self._mail = mail

    async def tag(self, caller: Caller, params: Params) -> Result:
        more = given_tags(params["Tags"])

        def tag(tx: Tx) -> None:
            topic = _topic(tx, caller, params["ResourceArn"])
            topics.set_tags(tx, topic, tags.with_more(topic, more))

        await self._mail.write(tag)
        return {}

    async def untag(self, caller: Caller, params: Params) -> Result:
        def untag(tx: Tx) -> None:
            topic = _topic(tx, caller, params["ResourceArn"])
            topics.set_tags(tx, topic, tags.without(topic, params["TagKeys"]))

        await self._mail.write(untag)
        return {}

    async def list(self, caller: Caller, params: Params) -> Result:
        topic = await self._mail.read(lambda tx: _topic(tx, caller, params["ResourceArn"]))
        return {"Tags": [{"Key": key, "Value": value} for key, value in topic.tags]}


def _topic(tx: Tx, caller: Caller, arn: str) -> Topic:
    found = parse_topic(arn)
    if found is None:
        raise invalid("ResourceArn")
    scope, name = found
    topic = topics.find(tx, scope, name) if scope == caller.scope else None
    if topic is None:
        raise UnknownResourceError
    return topic
