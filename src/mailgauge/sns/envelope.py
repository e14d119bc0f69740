"""The JSON document around a message (the SNS developer guide, "Parsing Amazon SNS message formats"), signed."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from mailgauge.base.json_text import json_text
from mailgauge.sns.deliveries import Delivery, Kind
from mailgauge.sns.signing import Signer
from mailgauge.sns.signing_key import SigningKey


class Envelopes:
    """``address`` gives where this service is reached: links and the certificate's URL lead there."""

    def __init__(self, key: SigningKey, address: Callable[[], str]) -> None:
        self._key = key
        self._address = address

    async def text(self, delivery: Delivery) -> str:
        """The whole document."""
        signer = await self._key.signer()
        return _written(document(delivery, signer, self._address(), self._key.path))


def document(delivery: Delivery, signer: Signer, address: str, certificate: str) -> dict[str, Any]:
    """Its members in SNS's order. Those of FIFO topics are not signed, as recorded."""
    fields = _fields(delivery, address)
    found: dict[str, Any] = dict(fields)
    if delivery.message.sequence is None:
        version = delivery.topic_settings.get("SignatureVersion") or "1"
        found["SignatureVersion"] = version
        found["Signature"] = signer.sign(fields, version)
        found["SigningCertURL"] = f"{address}{certificate}"
    if delivery.kind is Kind.Notification:
        found["UnsubscribeURL"] = unsubscribe_url(address, delivery.subscription_arn)
        if delivery.message.attributes:
            found["MessageAttributes"] = {
                each.name: {"Type": each.data_type, "Value": each.value}
                for each in delivery.message.attributes
            }
    return found


def subscribe_url(address: str, topic_arn: str, token: str) -> str:
    return f"{address}/?Action=ConfirmSubscription&TopicArn={quote(topic_arn, safe=':')}&Token={quote(token)}"


def unsubscribe_url(address: str, subscription_arn: str) -> str:
    return f"{address}/?Action=Unsubscribe&SubscriptionArn={quote(subscription_arn, safe=':')}"


def timestamp(seconds: float) -> str:
    """``2012-05-02T00:54:06.655Z``"""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{thousandths:03d}Z"


def _fields(delivery: Delivery, address: str) -> dict[str, str]:
    """Everything but the signature and what comes after it."""
    message = delivery.message
    fields = {"Type": delivery.kind.name, "MessageId": delivery.message_id}
    if delivery.kind is Kind.Notification:
        if message.sequence is not None:
            fields["SequenceNumber"] = message.sequence
        fields["TopicArn"] = delivery.topic_arn
        if message.subject is not None:
            fields["Subject"] = message.subject
        fields["Message"] = delivery.body
    else:
        fields |= {
            "Token": delivery.token,
            "TopicArn": delivery.topic_arn,
            "Message": delivery.body,
            "SubscribeURL": subscribe_url(address, delivery.topic_arn, delivery.token),
        }
    return fields | {"Timestamp": timestamp(delivery.timestamp)}


def _written(document: Mapping[str, Any]) -> str:
    """As SNS lays it out."""
    members = [f'  "{name}" : {_value(value)}' for name, value in document.items()]
    return "{\n" + ",\n".join(members) + "\n}"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return json_text(orjson.dumps(value))
    members = [
        f"    {json_text(orjson.dumps(name))} : {json_text(orjson.dumps(each))}"
        for name, each in value.items()
    ]
    return "{\n" + ",\n".join(members) + "\n  }"
