"""The webhook: posts the message that a topic gets to a URL, signed with the account's secret."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import mailgauge
from mailgauge.base.clock import Clock
from mailgauge.cloudwatch.alarms.actions import standard_webhooks
from mailgauge.cloudwatch.alarms.actions.outbox import Work
from mailgauge.cloudwatch.alarms.actions.runner import NotExecutedError
from mailgauge.outgoing.client import OutgoingClient
from mailgauge.outgoing.target import OutgoingError, RefusedError

TIMEOUT: Final = 20.0
"""Seconds, as Standard Webhooks recommends (15 to 30)."""
_GONE: Final = 410

Secrets = Callable[[str], Awaitable[Sequence[bytes]]]
"""The secrets of an account that are in force."""


class Webhook:
    """An answer of 2xx is a success, 410 says that nobody wants it any more, all others are tried again."""

    def __init__(self, client: OutgoingClient, clock: Clock, secrets: Secrets) -> None:
        self._client = client
        self._clock = clock
        self._secrets = secrets

    async def execute(self, work: Work) -> Sequence[str]:
        """Raises NotExecutedError."""
        body = work.notice.message.encode()
        # Signed with the time that the receiver's clock has, also where ours was stepped.
        timestamp = int(self._clock.real())
        signed = standard_webhooks.headers(work.id, timestamp, body, await self._secrets(work.scope.account))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"Mailgauge/{mailgauge.__version__}",
            **signed,
        }
        try:
            answer = await self._client.post(work.target.value, body, headers, timeout=TIMEOUT)
        except RefusedError as error:
            raise NotExecutedError(f"{error}.", permanent=True) from error
        except OutgoingError as error:
            raise NotExecutedError(f"{error}.") from error
        if not 200 <= answer.status < 300:
            raise NotExecutedError(f"The answer was {answer.status}.", permanent=answer.status == _GONE)
        return (work.notice.message,)
