"""The rate of the calls that send nothing ("Service quotas in Amazon SES": one a second), where an operator wants one."""

from collections.abc import Callable, Mapping

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.scope import Scope

EXEMPT = frozenset(
    {
        "SendEmail",
        "SendRawEmail",
        "SendTemplatedEmail",
        "SendBulkTemplatedEmail",
        "SendBulkEmail",
        "BatchGetMetricData",
    }
)
"""Sends have the sending rate; Amazon gives BatchGetMetricData a rate of its own."""


def throttled(
    handlers: Mapping[str, Handler], allowed: Callable[[Scope, float, int], bool], code: str
) -> dict[str, Handler]:
    """The handlers, refusing with ``code`` what ``allowed`` does not let pass."""

    def limited(handler: Handler) -> Handler:
        async def answer(caller: Caller, params: Params) -> Result:
            if not allowed(caller.scope, caller.now, 1):
                raise AwsError(code, "Rate exceeded")
            return await handler(caller, params)

        return answer

    return {name: each if name in EXEMPT else limited(each) for name, each in handlers.items()}
