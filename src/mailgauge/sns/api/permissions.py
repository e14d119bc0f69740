"""`sns/AddPermission` and RemovePermission: statements of a topic's access policy."""

from collections.abc import Callable

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.sns import access, topic_policy, topics
from mailgauge.sns.api.parts import principal
from mailgauge.sns.errors import invalid
from mailgauge.sns.topic_attributes import policy_of
from mailgauge.sns.topic_policy import PolicyError
from mailgauge.store.transaction import Store, Tx


def operations(mail: Store) -> dict[str, Handler]:
    api = _Permissions(mail)
    return {"AddPermission": api.add, "RemovePermission": api.remove}


class _Permissions:
    def __init__(self, mail: Store) -> None:
        self._mail = mail

    async def add(self, caller: Caller, params: Params) -> Result:
        arn, label = params["TopicArn"], params["Label"]
        accounts, actions = params["AWSAccountId"], params["ActionName"]
        if not accounts or not all(len(each) == 12 and each.isdecimal() for each in accounts):
            raise invalid("AWSAccountId")
        await self._change(
            caller,
            params,
            "AddPermission",
            lambda policy: topic_policy.with_permission(policy, arn, label, accounts, actions),
        )
        return {}

    async def remove(self, caller: Caller, params: Params) -> Result:
        await self._change(
            caller,
            params,
            "RemovePermission",
            lambda policy: topic_policy.without_permission(policy, params["Label"]),
        )
        return {}

    async def _change(self, caller: Caller, params: Params, action: str, work: Callable[[str], str]) -> None:
        who = principal(caller)

        def change(tx: Tx) -> None:
            topic = access.topic(tx, who, params["TopicArn"], action)
            try:
                policy = work(policy_of(topic))
                topic_policy.check(policy)
            except PolicyError as error:
                raise invalid(str(error)) from error
            topics.set_settings(tx, topic, {**topic.settings, "Policy": policy})

        await self._mail.write(change)
