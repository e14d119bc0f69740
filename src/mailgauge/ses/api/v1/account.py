"""The account: ``ses/GetSendQuota``, ``GetSendStatistics``, ``GetAccountSendingEnabled``, ``UpdateAccountSendingEnabled``."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import account
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.statistics import send_statistics


def account_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Account(parts)
    return {
        "GetSendQuota": operations.get_send_quota,
        "GetSendStatistics": operations.get_send_statistics,
        "GetAccountSendingEnabled": operations.get_sending_enabled,
        "UpdateAccountSendingEnabled": operations.update_sending_enabled,
    }


class _Account:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def get_send_quota(self, caller: Caller, params: Params) -> Result:
        quota = await self._parts.store.read(
            lambda tx: account.quota(tx, caller.scope, caller.now, self._parts.policy)
        )
        return {
            "Max24HourSend": quota.max_24_hour_send,
            "MaxSendRate": quota.max_send_rate,
            "SentLast24Hours": quota.sent_last_24_hours,
        }

    async def get_send_statistics(self, caller: Caller, params: Params) -> Result:
        points = await self._parts.metrics.read(
            lambda tx: send_statistics(tx, self._parts.engine, caller.scope, caller.now)
        )
        return {
            "SendDataPoints": [
                {
                    "Timestamp": timestamp(point.time),
                    "DeliveryAttempts": point.attempts,
                    "Bounces": point.bounces,
                    "Complaints": point.complaints,
                    "Rejects": point.rejects,
                }
                for point in points
            ]
        }

    async def get_sending_enabled(self, caller: Caller, params: Params) -> Result:
        return {"Enabled": await self._parts.store.read(lambda tx: account.sending_enabled(tx, caller.scope))}

    async def update_sending_enabled(self, caller: Caller, params: Params) -> Result:
        enabled = bool(params.get("Enabled"))
        await self._parts.store.write(
            lambda tx: account.set_sending_enabled(tx, caller.scope, enabled=enabled)
        )
        return {}
