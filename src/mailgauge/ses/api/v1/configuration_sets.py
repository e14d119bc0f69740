"""Configuration sets: ``ses/CreateConfigurationSet``, ``DescribeConfigurationSet``, ``ListConfigurationSets`` and switches."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.destinations.definitions import EventDestination
from mailgauge.ses import configuration_sets, event_destinations, tracking_options
from mailgauge.ses.api import paging
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.api.v1.event_destinations import describe_destination
from mailgauge.ses.configuration_sets import ConfigurationSet
from mailgauge.store.transaction import Tx


def configuration_set_operations(parts: Parts) -> dict[str, Handler]:
    sets = _ConfigurationSets(parts)
    return {
        "CreateConfigurationSet": sets.create,
        "DescribeConfigurationSet": sets.describe,
        "ListConfigurationSets": sets.list,
        "DeleteConfigurationSet": sets.delete,
        "UpdateConfigurationSetSendingEnabled": sets.update_sending_enabled,
        "UpdateConfigurationSetReputationMetricsEnabled": sets.update_reputation_metrics_enabled,
        "PutConfigurationSetDeliveryOptions": sets.put_delivery_options,
    }


class _ConfigurationSets:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._limits = parts.limits

    async def create(self, caller: Caller, params: Params) -> Result:
        name = params["ConfigurationSet"]["Name"]
        await self._store.write(
            lambda tx: configuration_sets.create(tx, caller.scope, name, caller.now, limits=self._limits)
        )
        return {}

    async def describe(self, caller: Caller, params: Params) -> Result:
        name, wanted = params["ConfigurationSetName"], params.get("ConfigurationSetAttributeNames") or ()

        def look(tx: Tx) -> tuple[ConfigurationSet, tuple[EventDestination, ...]]:
            found = configuration_sets.get(tx, caller.scope, name)
            return found, event_destinations.of(tx, caller.scope, name)

        found, destinations = await self._store.read(look)
        result: Result = {"ConfigurationSet": {"Name": found.name}}
        if "eventDestinations" in wanted:
            result["EventDestinations"] = [describe_destination(each) for each in destinations]
        if "deliveryOptions" in wanted:
            result["DeliveryOptions"] = {"TlsPolicy": "Require" if found.options.require_tls else "Optional"}
        tracking = tracking_options.of(found.options)
        if "trackingOptions" in wanted and tracking is not None:
            result["TrackingOptions"] = {"CustomRedirectDomain": tracking.domain}
        if "reputationOptions" in wanted:
            result["ReputationOptions"] = _reputation(found)
        return result

    async def list(self, caller: Caller, params: Params) -> Result:
        after, limit = paging.after(params.get("NextToken")), paging.size(params.get("MaxItems"))
        names = await self._store.read(
            lambda tx: configuration_sets.names(tx, caller.scope, after, limit + 1)
        )
        shown, more = paging.page(names, limit, str)
        return {"ConfigurationSets": [{"Name": name} for name in shown], **more}

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._store.write(
            lambda tx: configuration_sets.delete(tx, caller.scope, params["ConfigurationSetName"])
        )
        return {}

    async def update_sending_enabled(self, caller: Caller, params: Params) -> Result:
        name, enabled = params["ConfigurationSetName"], bool(params["Enabled"])
        await self._store.write(
            lambda tx: configuration_sets.set_sending_enabled(
                tx, caller.scope, name, caller.now, enabled=enabled
            )
        )
        return {}

    async def update_reputation_metrics_enabled(self, caller: Caller, params: Params) -> Result:
        name, enabled = params["ConfigurationSetName"], bool(params["Enabled"])
        await self._store.write(
            lambda tx: configuration_sets.change_options(tx, caller.scope, name, reputation_metrics=enabled)
        )
        return {}

    async def put_delivery_options(self, caller: Caller, params: Params) -> Result:
        """Without a policy it is the default; what only v2 knows of delivery stays."""
        name, required = params["ConfigurationSetName"], _requires_tls(params)
        await self._store.write(
            lambda tx: configuration_sets.change_options(tx, caller.scope, name, require_tls=required)
        )
        return {}


def _requires_tls(params: Params) -> bool:
    return (params.get("DeliveryOptions") or {}).get("TlsPolicy") == "Require"


def _reputation(found: ConfigurationSet) -> Result:
    result: Result = {
        "SendingEnabled": found.sending_enabled,
        "ReputationMetricsEnabled": found.options.reputation_metrics,
    }
    if found.last_fresh_start is not None:
        result["LastFreshStart"] = timestamp(found.last_fresh_start)
    return result
