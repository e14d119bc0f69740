"""`sns/Subscribe`, ConfirmSubscription, Unsubscribe, the lists of subscriptions, and their attributes.

ConfirmSubscription and Unsubscribe are also what links in messages lead to: then nobody has signed the request.
"""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.tasks import Wake
from mailgauge.sns import access, confirmation, subscription_attributes, subscription_rows, subscriptions
from mailgauge.sns.api.parts import PAGE, number, principal, token
from mailgauge.sns.arns import parse_topic
from mailgauge.sns.errors import NotAuthorizedError, invalid
from mailgauge.sns.model import State, Subscription
from mailgauge.store.transaction import Store, Tx


def operations(mail: Store, deliver: Wake) -> dict[str, Handler]:
    api = _Subscriptions(mail, deliver)
    return {
        "Subscribe": api.subscribe,
        "ConfirmSubscription": api.confirm,
        "Unsubscribe": api.unsubscribe,
        "ListSubscriptions": api.list,
        "ListSubscriptionsByTopic": api.list_by_topic,
        "GetSubscriptionAttributes": api.get_attributes,
        "SetSubscriptionAttributes": api.set_attributes,
    }


class _Subscriptions:
    def __init__(self, mail: Store, deliver: Wake) -> None:
        self._mail = mail
        self._deliver = deliver

    async def subscribe(self, caller: Caller, params: Params) -> Result:
        made = await self._mail.write(
            lambda tx: subscriptions.subscribe(
                tx,
                principal(caller),
                params["TopicArn"],
                params["Protocol"],
                params.get("Endpoint"),
                attributes=params.get("Attributes") or {},
                now=caller.now,
            )
        )
        self._deliver.set()
        is_shown = made.state is State.CONFIRMED or params.get("ReturnSubscriptionArn")
        return {"SubscriptionArn": made.arn if is_shown else "pending confirmation"}

    async def confirm(self, caller: Caller, params: Params) -> Result:
        arn, given = params["TopicArn"], params.get("AuthenticateOnUnsubscribe") or "false"
        if given.lower() not in {"true", "false"}:
            raise invalid("AuthenticateOnUnsubscribe")
        guarded = given.lower() == "true"
        if guarded and caller.is_anonymous:
            raise NotAuthorizedError("AuthenticateOnUnsubscribe needs a signed request")
        found = parse_topic(arn)
        if found is None or not (caller.is_anonymous or found[0].region == caller.scope.region):
            raise invalid("TopicArn")
        scope, name = found
        confirmed = await self._mail.write(
            lambda tx: confirmation.confirm(
                tx,
                scope,
                name,
                params["Token"],
                caller.now,
                is_signed=not caller.is_anonymous,
                guarded=guarded,
            )
        )
        return {"SubscriptionArn": confirmed.arn}

    async def unsubscribe(self, caller: Caller, params: Params) -> Result:
        arn = params["SubscriptionArn"]
        if caller.is_anonymous:
            await self._mail.write(lambda tx: subscriptions.unsubscribe_by_link(tx, arn, caller.now))
            self._deliver.set()
        else:
            await self._mail.write(lambda tx: subscriptions.unsubscribe(tx, principal(caller), arn))
        return {}

    async def list(self, caller: Caller, params: Params) -> Result:
        after = number(params.get("NextToken"))
        return _page(
            await self._mail.read(
                lambda tx: subscription_rows.page_of_owner(tx, caller.scope, after, PAGE + 1)
            )
        )

    async def list_by_topic(self, caller: Caller, params: Params) -> Result:
        who, after = principal(caller), number(params.get("NextToken"))

        def look(tx: Tx) -> list[Subscription]:
            topic = access.topic(tx, who, params["TopicArn"], "ListSubscriptionsByTopic")
            return subscription_rows.page_of_topic(tx, topic.scope, topic.name, after, PAGE + 1)

        return _page(await self._mail.read(look))

    async def get_attributes(self, caller: Caller, params: Params) -> Result:
        found, topic = await self._mail.read(
            lambda tx: subscriptions.get(tx, principal(caller), params["SubscriptionArn"])
        )
        return {"Attributes": subscription_attributes.shown(found, topic)}

    async def set_attributes(self, caller: Caller, params: Params) -> Result:
        arn, name, value = (
            params["SubscriptionArn"],
            params["AttributeName"],
            params.get("AttributeValue") or "",
        )
        await self._mail.write(
            lambda tx: subscriptions.set_attribute(tx, principal(caller), arn, name, value)
        )
        return {}


def _page(found: list[Subscription]) -> Result:
    answer: Result = {"Subscriptions": [_shown(each) for each in found[:PAGE]]}
    if len(found) > PAGE:
        answer["NextToken"] = token(str(found[PAGE - 1].id))
    return answer


def _shown(subscription: Subscription) -> dict[str, str]:
    return {
        "SubscriptionArn": subscriptions.shown_arn(subscription),
        "Owner": subscription.owner.account,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.shown_endpoint,
        "TopicArn": subscription.topic_arn,
    }
