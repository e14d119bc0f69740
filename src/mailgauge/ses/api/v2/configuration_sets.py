"""Configuration sets: ``sesv2/CreateConfigurationSet``, ``GetConfigurationSet``, ``ListConfigurationSets`` and their switches.

Options that this release does not act on are refused, not stored in silence; asking for what happens anyway is taken.
"""

from collections.abc import Mapping
from typing import Any

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import arns, configuration_sets, ip_pools, resource_tags, tracking_options
from mailgauge.ses.api import paging
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.api.v2.resource_tags import parse_tags, tag_list
from mailgauge.ses.api.v2.suppression import parse_options as parse_suppression
from mailgauge.ses.configuration_sets import ConfigurationSet, Options
from mailgauge.ses.errors import InvalidParameterError, NotSupportedError
from mailgauge.ses.tracking_options import HttpsPolicy, TrackingOptions
from mailgauge.store.transaction import Tx


def configuration_set_operations(parts: Parts) -> dict[str, Handler]:
    sets = _ConfigurationSets(parts)
    return {
        "CreateConfigurationSet": sets.create,
        "GetConfigurationSet": sets.get,
        "ListConfigurationSets": sets.list,
        "DeleteConfigurationSet": sets.delete,
        "PutConfigurationSetSendingOptions": sets.put_sending_options,
        "PutConfigurationSetDeliveryOptions": sets.put_delivery_options,
        "PutConfigurationSetTrackingOptions": sets.put_tracking_options,
        "PutConfigurationSetReputationOptions": sets.put_reputation_options,
        "PutConfigurationSetVdmOptions": sets.put_vdm_options,
    }


class _ConfigurationSets:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._limits = parts.limits

    async def create(self, caller: Caller, params: Params) -> Result:
        name = params["ConfigurationSetName"]
        options, tags = _parse_options(params), parse_tags(params)
        tracking = _tracking(params.get("TrackingOptions") or {})
        enabled = (params.get("SendingOptions") or {}).get("SendingEnabled", True)

        def create(tx: Tx) -> None:
            configuration_sets.create(
                tx,
                caller.scope,
                name,
                caller.now,
                sending_enabled=enabled,
                options=options,
                tags=tags,
                limits=self._limits,
            )
            tracking_options.put(tx, caller.scope, name, tracking)
            if options.sending_pool is not None:
                ip_pools.check_for_sending(tx, caller.scope, options.sending_pool)

        await self._store.write(create)
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        def look(tx: Tx) -> tuple[ConfigurationSet, dict[str, str]]:
            found = configuration_sets.get(tx, caller.scope, params["ConfigurationSetName"])
            resource = resource_tags.key(arns.CONFIGURATION_SET, found.name)
            return found, resource_tags.of(tx, caller.scope, resource)

        found, tags = await self._store.read(look)
        return {**_describe(found), "Tags": tag_list(tags)}

    async def list(self, caller: Caller, params: Params) -> Result:
        after, limit = paging.after(params.get("NextToken")), paging.size(params.get("PageSize"))
        names = await self._store.read(
            lambda tx: configuration_sets.names(tx, caller.scope, after, limit + 1)
        )
        shown, more = paging.page(names, limit, str)
        return {"ConfigurationSets": list(shown), **more}

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._store.write(
            lambda tx: configuration_sets.delete(tx, caller.scope, params["ConfigurationSetName"])
        )
        return {}

    async def put_sending_options(self, caller: Caller, params: Params) -> Result:
        name, enabled = params["ConfigurationSetName"], bool(params.get("SendingEnabled"))
        await self._store.write(
            lambda tx: configuration_sets.set_sending_enabled(
                tx, caller.scope, name, caller.now, enabled=enabled
            )
        )
        return {}

    async def put_delivery_options(self, caller: Caller, params: Params) -> Result:
        name, pool = params["ConfigurationSetName"], params.get("SendingPoolName") or None

        def change(tx: Tx) -> None:
            if pool is not None:
                ip_pools.check_for_sending(tx, caller.scope, pool)
            seconds = params.get("MaxDeliverySeconds")
            configuration_sets.change_options(
                tx,
                caller.scope,
                name,
                max_delivery_seconds=seconds,
                sending_pool=pool,
                require_tls=_requires_tls(params),
            )

        await self._store.write(change)
        return {}

    async def put_tracking_options(self, caller: Caller, params: Params) -> Result:
        """Without a domain it takes them away."""
        name, wanted = params["ConfigurationSetName"], _tracking(params)
        await self._store.write(lambda tx: tracking_options.put(tx, caller.scope, name, wanted))
        return {}

    async def put_reputation_options(self, caller: Caller, params: Params) -> Result:
        name, enabled = params["ConfigurationSetName"], bool(params.get("ReputationMetricsEnabled"))
        await self._store.write(
            lambda tx: configuration_sets.change_options(tx, caller.scope, name, reputation_metrics=enabled)
        )
        return {}

    async def put_vdm_options(self, caller: Caller, params: Params) -> Result:
        name, options = params["ConfigurationSetName"], _vdm(params.get("VdmOptions") or {})
        await self._store.write(
            lambda tx: configuration_sets.change_options(tx, caller.scope, name, **options)
        )
        return {}


def _parse_options(params: Params) -> Options:
    """The options of a new set. Raises NotSupportedError for those that would have no effect."""
    delivery = params.get("DeliveryOptions") or {}
    if params.get("ArchivingOptions"):
        raise NotSupportedError("ArchivingOptions")
    reputation = params.get("ReputationOptions") or {}
    return Options(
        max_delivery_seconds=delivery.get("MaxDeliverySeconds"),
        sending_pool=delivery.get("SendingPoolName") or None,
        require_tls=_requires_tls(delivery),
        suppressed_reasons=parse_suppression(params.get("SuppressionOptions") or {}),
        reputation_metrics=bool(reputation.get("ReputationMetricsEnabled")),
        **_vdm(params.get("VdmOptions") or {}),
    )


def _requires_tls(delivery: Mapping[str, Any]) -> bool:
    return delivery.get("TlsPolicy") == "REQUIRE"


def _tracking(given: dict[str, Any]) -> TrackingOptions | None:
    domain, policy = given.get("CustomRedirectDomain"), given.get("HttpsPolicy")
    if domain:
        return TrackingOptions(domain, HttpsPolicy(policy) if policy else None)
    if policy:
        raise InvalidParameterError("HttpsPolicy needs a CustomRedirectDomain.")
    return None


def _vdm(options: dict[str, Any]) -> dict[str, str | None]:
    """The fields of Options that the switches make up; one that is left out is as if it was never given."""
    return {
        "engagement_metrics": (options.get("DashboardOptions") or {}).get("EngagementMetrics"),
        "optimized_shared_delivery": (options.get("GuardianOptions") or {}).get("OptimizedSharedDelivery"),
    }


def _describe(found: ConfigurationSet) -> Result:
    delivery: Result = {"TlsPolicy": "REQUIRE" if found.options.require_tls else "OPTIONAL"}
    if found.max_delivery_seconds is not None:
        delivery["MaxDeliverySeconds"] = found.max_delivery_seconds
    if found.options.sending_pool is not None:
        delivery["SendingPoolName"] = found.options.sending_pool
    reputation: Result = {"ReputationMetricsEnabled": found.options.reputation_metrics}
    if found.last_fresh_start is not None:
        reputation["LastFreshStart"] = timestamp(found.last_fresh_start)
    return {
        "ConfigurationSetName": found.name,
        "DeliveryOptions": delivery,
        "ReputationOptions": reputation,
        "SendingOptions": {"SendingEnabled": found.sending_enabled},
        **_once_set(found.options),
    }


def _once_set(options: Options) -> Result:
    """The options that a reply has only if they were ever given."""
    result: Result = {}
    tracking = tracking_options.of(options)
    if tracking is not None:
        result["TrackingOptions"] = {"CustomRedirectDomain": tracking.domain}
        if tracking.https_policy is not None:
            result["TrackingOptions"]["HttpsPolicy"] = tracking.https_policy.value
    if options.suppressed_reasons is not None:
        result["SuppressionOptions"] = {"SuppressedReasons": list(options.suppressed_reasons)}
    vdm: Result = {}
    if options.engagement_metrics is not None:
        vdm["DashboardOptions"] = {"EngagementMetrics": options.engagement_metrics}
    if options.optimized_shared_delivery is not None:
        vdm["GuardianOptions"] = {"OptimizedSharedDelivery": options.optimized_shared_delivery}
    if vdm:
        result["VdmOptions"] = vdm
    return result
