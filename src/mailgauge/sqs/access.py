"""Which queue a caller means, and whether it is theirs to use: their own, or one whose policy lets them in.

Policies decide about other accounts only, and only about operations on messages, as on AWS.
"""

from dataclasses import dataclass
from typing import Final

from mailgauge.aws import resource_policy
from mailgauge.base.scope import Scope
from mailgauge.sqs import queues
from mailgauge.sqs.errors import NotAuthorizedError, QueueNotFoundError
from mailgauge.sqs.queue import Queue
from mailgauge.store.transaction import Tx

# What a policy can't allow to others (developer guide, "Cross-account permissions").
_OWNERS_ONLY: Final = frozenset(
    {
        "AddPermission", "CreateQueue", "DeleteQueue", "ListQueues", "ListQueueTags", "RemovePermission", "SetQueueAttributes",
        "TagQueue", "UntagQueue",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to do what with which queue; ``keys`` are condition keys in lower case."""

    scope: Scope
    arn: str
    account: str
    name: str
    operation: str
    url: str = ""
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()


def find(tx: Tx, asked: Asked) -> Queue:
    """Raises QueueNotFoundError, and NotAuthorizedError for other people's."""
    queue = queues.get(tx, Scope(asked.account, asked.scope.region), asked.name)
    if asked.account == asked.scope.account:
        if queue is None:
            raise QueueNotFoundError
        return queue
    if queue is None or asked.operation in _OWNERS_ONLY or not _lets_in(queue, asked):
        raise NotAuthorizedError(asked.url)
    return queue


def _lets_in(queue: Queue, asked: Asked) -> bool:
    request = resource_policy.Request(
        asked.scope.account, asked.arn, f"sqs:{asked.operation}", queue.arn, dict(asked.keys)
    )
    return resource_policy.allows(queue.attributes.get("Policy"), request)
