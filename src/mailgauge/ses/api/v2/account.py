"""The account: ``sesv2/GetAccount``, ``PutAccountSendingAttributes``."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import account
from mailgauge.ses.account import Quota
from mailgauge.ses.api.parts import Parts
from mailgauge.store.transaction import Tx


def account_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Account(parts)
    return {
        "GetAccount": operations.get,
        "PutAccountSendingAttributes": operations.put_sending_attributes,
    }


class _Account:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._policy = parts.policy

    async def get(self, caller: Caller, params: Params) -> Result:
        def look(tx: Tx) -> tuple[bool, Quota]:
            quota = account.quota(tx, caller.scope, caller.now, self._policy)
            return account.sending_enabled(tx, caller.scope), quota

        enabled, quota = await self._store.read(look)
        return {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": "HEALTHY",
            "ProductionAccessEnabled": not self._policy.sandbox,
            "SendQuota": {
                "Max24HourSend": quota.max_24_hour_send,
                "MaxSendRate": quota.max_send_rate,
                "SentLast24Hours": quota.sent_last_24_hours,
            },
            "SendingEnabled": enabled,
            # Nothing is suppressed yet, so no reason is named.
            "SuppressionAttributes": {"SuppressedReasons": []},
        }

    async def put_sending_attributes(self, caller: Caller, params: Params) -> Result:
        enabled = bool(params.get("SendingEnabled"))
        await self._store.write(lambda tx: account.set_sending_enabled(tx, caller.scope, enabled=enabled))
        return {}
