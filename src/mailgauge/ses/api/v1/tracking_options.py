"""Tracking options: ``ses/CreateConfigurationSetTrackingOptions``, ``Update…`` and ``Delete…``."""

from collections.abc import Callable

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.scope import Scope
from mailgauge.ses import tracking_options
from mailgauge.ses.api.parts import Parts
from mailgauge.store.transaction import Store, Tx


def tracking_option_operations(parts: Parts) -> dict[str, Handler]:
    operations = _TrackingOptions(parts.store)
    return {
        "CreateConfigurationSetTrackingOptions": operations.create,
        "UpdateConfigurationSetTrackingOptions": operations.update,
        "DeleteConfigurationSetTrackingOptions": operations.delete,
    }


class _TrackingOptions:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, caller: Caller, params: Params) -> Result:
        return await self._put(caller, params, tracking_options.create)

    async def update(self, caller: Caller, params: Params) -> Result:
        return await self._put(caller, params, tracking_options.update)

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._store.write(
            lambda tx: tracking_options.delete(tx, caller.scope, params["ConfigurationSetName"])
        )
        return {}

    async def _put(
        self, caller: Caller, params: Params, put: Callable[[Tx, Scope, str, str], None]
    ) -> Result:
        domain = params["TrackingOptions"].get("CustomRedirectDomain") or ""
        await self._store.write(lambda tx: put(tx, caller.scope, params["ConfigurationSetName"], domain))
        return {}
