"""Subscribers by HTTP and HTTPS: each delivery is a POST (the SNS developer guide, "Fanout to HTTP/S endpoints")."""

from typing import Final

from mailgauge.outgoing.client import OutgoingClient
from mailgauge.outgoing.target import OutgoingError, RefusedError
from mailgauge.sns.deliveries import Delivery, Kind
from mailgauge.sns.delivering import NotDeliveredError, policy_of
from mailgauge.sns.envelope import Envelopes

TIMEOUT: Final = 15.0
"""Seconds, as SNS has it."""
USER_AGENT: Final = "Mailgauge Notification Agent"
_MOST_BYTES: Final = 16 * 1024
"""Of the answer, of which nothing counts but its status."""
_TOO_MANY_REQUESTS: Final = 429


class HttpEndpoint:
    def __init__(self, client: OutgoingClient, envelopes: Envelopes, timeout: float = TIMEOUT) -> None:
        self._client = client
        self._envelopes = envelopes
        self._timeout = timeout

    async def deliver(self, delivery: Delivery) -> None:
        """Raises NotDeliveredError."""
        is_raw = delivery.raw and delivery.kind is Kind.Notification
        text = delivery.body if is_raw else await self._envelopes.text(delivery)
        try:
            answer = await self._client.post(
                delivery.endpoint,
                text.encode(),
                headers_of(delivery),
                timeout=self._timeout,
                most_bytes=_MOST_BYTES,
            )
        except RefusedError as error:
            raise NotDeliveredError(str(error), permanent=True) from error
        except OutgoingError as error:
            raise NotDeliveredError(str(error)) from error
        if failure := failure_of(answer.status):
            raise failure


def headers_of(delivery: Delivery) -> dict[str, str]:
    """By the names that subscribers look for."""
    headers = {
        "x-amz-sns-message-type": delivery.kind.name,
        "x-amz-sns-message-id": delivery.message_id,
        "x-amz-sns-topic-arn": delivery.topic_arn,
        "Content-Type": policy_of(delivery).content_type,
        "User-Agent": USER_AGENT,
    }
    if delivery.kind is not Kind.SubscriptionConfirmation:
        headers["x-amz-sns-subscription-arn"] = delivery.subscription_arn
    if delivery.raw and delivery.kind is Kind.Notification:
        headers["x-amz-sns-rawdelivery"] = "true"
    return headers


def failure_of(status: int) -> NotDeliveredError | None:
    """Who answers that the request is wrong, or leads elsewhere, would say so again; who has trouble is asked again."""
    if 200 <= status < 300:
        return None
    permanent = 300 <= status < 500 and status != _TOO_MANY_REQUESTS
    return NotDeliveredError(f"the endpoint answered with status {status}", permanent=permanent)
