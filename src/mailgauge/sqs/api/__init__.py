"""The operations of the SQS API: parameters to calls of ``sqs.operating``, its answers to results."""

from mailgauge.aws.request import Handler
from mailgauge.sqs.api.errors import translated
from mailgauge.sqs.api.permissions import permission_operations
from mailgauge.sqs.api.queues import queue_operations
from mailgauge.sqs.api.receiving import receiving_operations
from mailgauge.sqs.api.sending import sending_operations
from mailgauge.sqs.api.tags import tag_operations
from mailgauge.sqs.operating import Queues


def operations(state: Queues) -> dict[str, Handler]:
    """Of ``sqs``."""
    return {
        name: translated(handler)
        for table in (
            queue_operations(state),
            sending_operations(state),
            receiving_operations(state),
            tag_operations(state),
            permission_operations(state),
        )
        for name, handler in table.items()
    }
