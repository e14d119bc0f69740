"""Notifications of topics put into queues, and dead letters of subscriptions: an endpoint of the deliverer (sns/Subscribe).

Topics and queues share a database: the message is in the queue, and the delivery done, in one transaction. So a queue gets
each notification once, whatever is killed.
"""

from dataclasses import dataclass
from typing import Final

from mailgauge.aws import resource_policy
from mailgauge.base.scope import Scope
from mailgauge.sns import deliveries
from mailgauge.sns.deliveries import Delivery
from mailgauge.sns.delivering import NotDeliveredError
from mailgauge.sns.envelope import Envelopes
from mailgauge.sqs import queues
from mailgauge.sqs.errors import SqsError
from mailgauge.sqs.message import Attribute, Draft, Facts
from mailgauge.sqs.operating import Queues
from mailgauge.sqs.queue import Queue
from mailgauge.store.transaction import Store, Tx

_SERVICE: Final = "sns.amazonaws.com"


@dataclass(frozen=True, slots=True)
class QueueEndpoint:
    """Finds the queue by its ARN. One of the topic's account is open to it, another's must let it in by its policy."""

    mail: Store
    state: Queues
    envelopes: Envelopes

    async def deliver(self, delivery: Delivery) -> None:
        """Raises NotDeliveredError, always permanent: nothing here would be otherwise the next time."""
        body = delivery.body if delivery.raw else await self.envelopes.text(delivery)
        await self.mail.write(lambda tx: self._put(tx, delivery, body))

    def _put(self, tx: Tx, delivery: Delivery, body: str) -> None:
        if not deliveries.is_as_leased(tx, delivery):
            return
        queue = queues.by_arn(tx, delivery.endpoint)
        if queue is None:
            raise NotDeliveredError(f"there is no queue {delivery.endpoint}", permanent=True)
        if not lets_in(queue, delivery.scope, delivery.topic_arn):
            why = f"the policy of {queue.arn} does not let {delivery.topic_arn} send to it"
            raise NotDeliveredError(why, permanent=True)
        try:
            self.state.put(tx, queue, Draft(body, _facts(delivery, queue)))
        except SqsError as error:
            raise NotDeliveredError(str(error), permanent=True) from error
        deliveries.done(tx, delivery)


def lets_in(queue: Queue, scope: Scope, topic_arn: str) -> bool:
    """Whether a topic of this scope may send to a queue."""
    if scope.account == queue.scope.account:
        return True
    keys = {"aws:sourcearn": (topic_arn,), "aws:sourceaccount": (scope.account,)}
    request = resource_policy.Request(scope.account, "", "sqs:SendMessage", queue.arn, keys, _SERVICE)
    return resource_policy.allows(queue.attributes.get("Policy"), request)


def _facts(delivery: Delivery, queue: Queue) -> Facts:
    """Raw notifications keep their attributes; others have them in the document. A standard queue deduplicates nothing."""
    message = delivery.message
    found = message.attributes if delivery.raw else ()
    return Facts(
        sender=delivery.scope.account,
        attributes=tuple(
            Attribute(each.name, each.data_type, each.binary if each.is_binary else each.value.encode())
            for each in found
        ),
        group=message.group,
        deduplication_id=message.deduplication if queue.is_fifo else None,
    )
