"""Which topic is meant, and whether the caller may do that with it: the owner's account may, others by the topic's policy."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailgauge.aws.policy_conditions import Values
from mailgauge.aws.resource_policy import Request, allows
from mailgauge.base.scope import Scope
from mailgauge.sns import topic_policy, topics
from mailgauge.sns.arns import parse_topic
from mailgauge.sns.errors import NotAuthorizedError, UnknownTopicError, invalid
from mailgauge.sns.model import Topic
from mailgauge.sns.topic_attributes import policy_of
from mailgauge.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and how."""

    scope: Scope
    arn: str
    source_ip: str = ""
    is_secure: bool = False


def place(arn: str, region: str, name: str = "TopicArn") -> tuple[Scope, str]:
    """Whose topic an ARN names. Raises InvalidParameterError for what no topic of this Region can have."""
    count = len(arn.split(":"))
    if count < 6:
        raise invalid(f"{name} Reason: An ARN must have at least 6 elements, not {count}")
    found = parse_topic(arn)
    if found is None or found[0].region != region:
        raise invalid(name)
    return found


def topic(tx: Tx, who: Principal, arn: str, action: str, name: str = "TopicArn") -> Topic:
    """The topic, for somebody who may do ``action``. Raises SnsError."""
    scope, topic_name = place(arn, who.scope.region, name)
    found = topics.find(tx, scope, topic_name)
    if scope.account == who.scope.account:
        if found is None:
            raise UnknownTopicError
        return found
    # Whether another account has a topic is nobody else's business.
    if found is None or not _allowed(found, who, action):
        raise NotAuthorizedError(
            f"User: {who.arn} is not authorized to perform: SNS:{action} on resource: {arn} because no resource-based "
            f"policy allows the SNS:{action} action"
        )
    return found


def _allowed(topic: Topic, who: Principal, action: str) -> bool:
    request = Request(who.scope.account, who.arn, f"SNS:{action}", topic.arn, _keys(who))
    return action in topic_policy.ACTIONS and allows(policy_of(topic), request)


def _keys(who: Principal) -> Mapping[str, Values]:
    account = (who.scope.account,)
    return {
        "aws:sourceowner": account,
        "aws:sourceaccount": account,
        "aws:principalaccount": account,
        "aws:principalarn": (who.arn,),
        "aws:sourceip": (who.source_ip,),
        "aws:securetransport": ("true" if who.is_secure else "false",),
    }
