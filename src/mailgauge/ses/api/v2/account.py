"""The account: ``sesv2/GetAccount``, ``PutAccountSendingAttributes``, ``PutAccountDetails``, ``PutAccountVdmAttributes``."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import account, account_attributes
from mailgauge.ses.account import Quota
from mailgauge.ses.account_attributes import Attributes, Details, Vdm
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.reputation import Enforcement, enforcement
from mailgauge.store.transaction import Tx


def account_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Account(parts)
    return {
        "GetAccount": operations.get,
        "PutAccountSendingAttributes": operations.put_sending_attributes,
        "PutAccountDetails": operations.put_details,
        "PutAccountVdmAttributes": operations.put_vdm_attributes,
    }


class _Account:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._policy = parts.policy
        self._rule = parts.rule

    async def get(self, caller: Caller, params: Params) -> Result:
        def look(tx: Tx) -> tuple[bool, Quota, Attributes, Enforcement]:
            return (
                account.sending_enabled(tx, caller.scope),
                account.quota(tx, caller.scope, caller.now, self._policy),
                account_attributes.get(tx, caller.scope),
                enforcement(tx, caller.scope, caller.now, self._rule),
            )

        enabled, quota, attributes, standing = await self._store.read(look)
        return {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": standing.value,
            "ProductionAccessEnabled": not self._policy.sandbox,
            "SendQuota": {
                "Max24HourSend": quota.max_24_hour_send,
                "MaxSendRate": quota.max_send_rate,
                "SentLast24Hours": quota.sent_last_24_hours,
            },
            "SendingEnabled": enabled,
            "SuppressionAttributes": {"SuppressedReasons": list(attributes.suppressed_reasons)},
            **({} if attributes.details is None else {"Details": self._details(attributes.details)}),
            **({} if attributes.vdm is None else {"VdmAttributes": _describe_vdm(attributes.vdm)}),
        }

    async def put_sending_attributes(self, caller: Caller, params: Params) -> Result:
        enabled = bool(params.get("SendingEnabled"))
        await self._store.write(lambda tx: account.set_sending_enabled(tx, caller.scope, enabled=enabled))
        return {}

    async def put_details(self, caller: Caller, params: Params) -> Result:
        details = Details(
            mail_type=params["MailType"],
            website_url=params["WebsiteURL"],
            contact_language=params.get("ContactLanguage"),
            use_case_description=params.get("UseCaseDescription"),
            additional_contacts=tuple(params.get("AdditionalContactEmailAddresses") or ()),
            asks_for_production=bool(params.get("ProductionAccessEnabled")),
        )
        await self._store.write(lambda tx: account_attributes.change(tx, caller.scope, details=details))
        return {}

    async def put_vdm_attributes(self, caller: Caller, params: Params) -> Result:
        given = params["VdmAttributes"]
        vdm = Vdm(
            enabled=given["VdmEnabled"] == "ENABLED",
            engagement_metrics=(given.get("DashboardAttributes") or {}).get("EngagementMetrics"),
            optimized_shared_delivery=(given.get("GuardianAttributes") or {}).get("OptimizedSharedDelivery"),
        )
        await self._store.write(lambda tx: account_attributes.change(tx, caller.scope, vdm=vdm))
        return {}

    def _details(self, details: Details) -> Result:
        result = _describe_details(details)
        if details.asks_for_production:
            # The review is the operator's: the sandbox is an option of the service.
            result["ReviewDetails"] = {"Status": "PENDING" if self._policy.sandbox else "GRANTED"}
        return result


def _describe_details(details: Details) -> Result:
    result: Result = {"MailType": details.mail_type, "WebsiteURL": details.website_url}
    if details.contact_language is not None:
        result["ContactLanguage"] = details.contact_language
    if details.use_case_description is not None:
        result["UseCaseDescription"] = details.use_case_description
    if details.additional_contacts:
        result["AdditionalContactEmailAddresses"] = list(details.additional_contacts)
    return result


def _describe_vdm(vdm: Vdm) -> Result:
    result: Result = {"VdmEnabled": "ENABLED" if vdm.enabled else "DISABLED"}
    if vdm.engagement_metrics is not None:
        result["DashboardAttributes"] = {"EngagementMetrics": vdm.engagement_metrics}
    if vdm.optimized_shared_delivery is not None:
        result["GuardianAttributes"] = {"OptimizedSharedDelivery": vdm.optimized_shared_delivery}
    return result
