"""`sns/CreateTopic`, DeleteTopic, ListTopics, GetTopicAttributes and SetTopicAttributes."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.sns import access, subscription_rows, topic_attributes, topic_creation, topics
from mailgauge.sns.api.parts import PAGE, place, principal, token
from mailgauge.sns.api.tags import given_tags
from mailgauge.sns.arns import topic_arn
from mailgauge.sns.errors import invalid
from mailgauge.store.transaction import Store, Tx

_SLICE = 500
"""Subscriptions that are removed together."""


def operations(mail: Store) -> dict[str, Handler]:
    api = _Topics(mail)
    return {
        "CreateTopic": api.create,
        "DeleteTopic": api.delete,
        "ListTopics": api.list,
        "GetTopicAttributes": api.get_attributes,
        "SetTopicAttributes": api.set_attributes,
    }


class _Topics:
    def __init__(self, mail: Store) -> None:
        self._mail = mail

    async def create(self, caller: Caller, params: Params) -> Result:
        if params.get("DataProtectionPolicy"):
            raise invalid(
                "DataProtectionPolicy Reason: data protection policies are not supported by this service"
            )
        attributes, tags = params.get("Attributes") or {}, given_tags(params.get("Tags"))
        made = await self._mail.write(
            lambda tx: topic_creation.create(tx, caller.scope, params["Name"], attributes, tags)
        )
        return {"TopicArn": made.arn}

    async def delete(self, caller: Caller, params: Params) -> Result:
        """What is not there is no error."""
        who, arn = principal(caller), params["TopicArn"]
        scope, name = access.place(arn, caller.scope.region)

        def check(tx: Tx) -> bool:
            if scope.account == caller.scope.account and topics.find(tx, scope, name) is None:
                return False
            access.topic(tx, who, arn, "DeleteTopic")
            return True

        def thin_out(tx: Tx) -> int:
            return topics.thin_out(tx, scope, name, _SLICE) if check(tx) else 0

        def delete(tx: Tx) -> None:
            if check(tx):
                topics.delete(tx, scope, name)

        while await self._mail.write(thin_out) == _SLICE:
            pass
        await self._mail.write(delete)
        return {}

    async def list(self, caller: Caller, params: Params) -> Result:
        after = place(params.get("NextToken"))
        names = await self._mail.read(lambda tx: topics.page(tx, caller.scope, after, PAGE + 1))
        answer: Result = {"Topics": [{"TopicArn": topic_arn(caller.scope, name)} for name in names[:PAGE]]}
        if len(names) > PAGE:
            answer["NextToken"] = token(names[PAGE - 1])
        return answer

    async def get_attributes(self, caller: Caller, params: Params) -> Result:
        who = principal(caller)

        def look(tx: Tx) -> dict[str, str]:
            topic = access.topic(tx, who, params["TopicArn"], "GetTopicAttributes")
            return topic_attributes.shown(topic, subscription_rows.counts(tx, topic.scope, topic.name))

        return {"Attributes": await self._mail.read(look)}

    async def set_attributes(self, caller: Caller, params: Params) -> Result:
        who, name, value = principal(caller), params["AttributeName"], params.get("AttributeValue") or ""

        def change(tx: Tx) -> None:
            topic = access.topic(tx, who, params["TopicArn"], "SetTopicAttributes")
            topics.set_settings(tx, topic, topic_attributes.changed(topic, name, value))

        await self._mail.write(change)
        return {}
