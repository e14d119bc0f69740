"""The attributes of topics: which there are, what they may be, and how they are shown (``sns/GetTopicAttributes``). Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from mailgauge.sns import delivery_policy, topic_policy
from mailgauge.sns.delivery_policy import DeliveryPolicyError
from mailgauge.sns.errors import InvalidParameterError, invalid
from mailgauge.sns.model import State, Topic
from mailgauge.sns.topic_policy import PolicyError

_CHOICES: Final = {
    "SignatureVersion": ("1", "2"),
    "TracingConfig": ("PassThrough", "Active"),
    "FifoThroughputScope": ("Topic", "MessageGroup"),
    "FifoTopic": ("true", "false"),
    "ContentBasedDeduplication": ("true", "false"),
}
_FEEDBACK: Final = frozenset(
    f"{protocol}{what}"
    for protocol in ("HTTP", "Firehose", "Lambda", "Application", "SQS")
    for what in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
)
_KNOWN: Final = _FEEDBACK | {*_CHOICES, "DisplayName", "Policy", "DeliveryPolicy", "KmsMasterKeyId"}
_ONLY_FIFO: Final = frozenset({"ContentBasedDeduplication", "FifoThroughputScope"})
_LONGEST_DISPLAY_NAME: Final = 100


def checked(given: Mapping[str, str], *, is_fifo: bool) -> dict[str, str]:
    """Those of a new topic. Raises InvalidParameterError."""
    settings: dict[str, str] = {}
    for name, value in given.items():
        if name not in _KNOWN:
            raise invalid(f"Attributes Reason: Unknown attribute {name}")
        try:
            _check(name, value, is_fifo=is_fifo)
        except InvalidParameterError as error:
            text = str(error).removeprefix("Invalid parameter: ")
            raise invalid(f"Attributes Reason: {text}") from error
        settings[name] = value
    return settings


def changed(topic: Topic, name: str, value: str) -> dict[str, str]:
    """The settings with one changed. Raises InvalidParameterError."""
    if name not in _KNOWN or name == "FifoTopic":
        raise invalid("AttributeName")
    settings = dict(topic.settings)
    if not value and name not in {"Policy", *_CHOICES}:
        settings.pop(name, None)
        return settings
    _check(name, value, is_fifo=topic.is_fifo)
    settings[name] = value
    return settings


def shown(topic: Topic, counts: Mapping[State, int]) -> dict[str, str]:
    """All attributes, as the API shows them."""
    own = dict(topic.settings)
    if own.get("FifoTopic") == "false":
        del own["FifoTopic"]
    if topic.is_fifo:
        own.setdefault("ContentBasedDeduplication", "false")
    effective = delivery_policy.effective_of_topic(own.get("DeliveryPolicy"))
    policy = delivery_policy.shown_of_topic(own.pop("DeliveryPolicy", "{}"))
    if policy is not None:
        own["DeliveryPolicy"] = msgspec.json.encode(policy).decode()
    return {
        "TopicArn": topic.arn,
        "Owner": topic.scope.account,
        "DisplayName": "",
        "EffectiveDeliveryPolicy": msgspec.json.encode(effective).decode(),
        "SubscriptionsConfirmed": str(counts.get(State.CONFIRMED, 0)),
        "SubscriptionsPending": str(counts.get(State.PENDING, 0)),
        "SubscriptionsDeleted": str(topic.deleted),
        **own,
        "Policy": policy_of(topic),
    }


def policy_of(topic: Topic) -> str:
    return topic.settings.get("Policy") or topic_policy.default(topic.arn, topic.scope.account)


def is_default(name: str, value: str) -> bool:
    """Whether setting it says what holds anyway: then it does not make a topic another one."""
    return value in {
        "FifoTopic": ("false",),
        "DisplayName": ("",),
        "SignatureVersion": ("1",),
        "ContentBasedDeduplication": ("false",),
        "TracingConfig": ("PassThrough",),
    }.get(name, ())


def _check(name: str, value: str, *, is_fifo: bool) -> None:
    if name in _ONLY_FIFO and not is_fifo:
        raise invalid(name)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise invalid(name)
    if name == "DisplayName" and len(value) > _LONGEST_DISPLAY_NAME:
        raise invalid(f"{name} Reason: must be at most {_LONGEST_DISPLAY_NAME} characters long")
    if name.endswith("SampleRate") and not (value.isdecimal() and int(value) <= 100):
        raise invalid(name)
    if name == "Policy":
        try:
            topic_policy.check(value)
        except PolicyError as error:
            raise invalid(str(error)) from error
    if name == "DeliveryPolicy":
        try:
            delivery_policy.of_topic(value)
        except DeliveryPolicyError as error:
            raise invalid(f"DeliveryPolicy: {error}") from error
