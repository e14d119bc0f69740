"""ARNs of topics, ``arn:PARTITION:sns:REGION:ACCOUNT:NAME``, and of subscriptions, the topic's and ``:UUID``."""

from mailgauge.base.scope import Scope


def topic_arn(scope: Scope, name: str) -> str:
    return f"arn:{scope.partition}:sns:{scope.region}:{scope.account}:{name}"


def parse_topic(arn: str) -> tuple[Scope, str] | None:
    """Whose topic it is and its name, or None for what is not the ARN of a topic."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sns" or not all(parts):
        return None
    return Scope(parts[4], parts[3]), parts[5]


def parse_subscription(arn: str) -> tuple[str, str] | None:
    """The ARN of the topic and the id of the subscription, or None."""
    topic, _, uid = arn.rpartition(":")
    return (topic, uid) if uid and parse_topic(topic) else None
