"""What is set on an identity: DKIM, MAIL FROM and feedback (``ses/SetIdentityDkimEnabled`` and its siblings).

Identities may be named by their ARN. Unknown ones are absent from what is read, and refused where something is set.
"""

from collections.abc import Callable
from contextlib import suppress

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import dkim, identities, mail_from, notifications
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.v1.identities import STATUS
from mailgauge.ses.errors import IdentityNotFoundError, InvalidParameterError
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.ses.mail_from import OnFailure
from mailgauge.ses.notifications import NotificationType
from mailgauge.store.transaction import Tx

_ON_FAILURE = {
    "UseDefaultValue": OnFailure.USE_DEFAULT_VALUE,
    "RejectMessage": OnFailure.REJECT_MESSAGE,
}
_ON_FAILURE_TEXT = {value: text for text, value in _ON_FAILURE.items()}


def identity_setting_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Settings(parts)
    return {
        "SetIdentityDkimEnabled": operations.set_dkim,
        "GetIdentityDkimAttributes": operations.dkim_attributes,
        "SetIdentityMailFromDomain": operations.set_mail_from,
        "GetIdentityMailFromDomainAttributes": operations.mail_from_attributes,
        "SetIdentityFeedbackForwardingEnabled": operations.set_forwarding,
        "SetIdentityNotificationTopic": operations.set_topic,
        "SetIdentityHeadersInNotificationsEnabled": operations.set_headers,
        "GetIdentityNotificationAttributes": operations.notification_attributes,
    }


class _Settings:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._verification = parts.verification

    async def set_dkim(self, caller: Caller, params: Params) -> Result:
        def change(tx: Tx, identity: Identity) -> None:
            dkim.set_enabled(tx, identity, caller.now, enabled=params["DkimEnabled"])
            if identity.type is IdentityType.DOMAIN:
                self._verification.look_up(tx, identity, caller.now)

        return await self._change(caller, params, change)

    async def dkim_attributes(self, caller: Caller, params: Params) -> Result:
        def describe(tx: Tx, identity: Identity) -> Result:
            own, signer = dkim.find(tx, identity), dkim.of_domain(tx, identity)
            if signer is None:
                return {"DkimEnabled": False, "DkimVerificationStatus": "NotStarted", "DkimTokens": []}
            domain, found = signer
            return {
                "DkimEnabled": found.enabled and (own is None or own.enabled),
                "DkimVerificationStatus": STATUS[found.standing.status(caller.now)],
                "DkimTokens": [*found.tokens(domain)],
            }

        return {"DkimAttributes": await self._of_known(caller, params, describe)}

    async def set_mail_from(self, caller: Caller, params: Params) -> Result:
        domain = params.get("MailFromDomain")
        on_failure = _ON_FAILURE[params.get("BehaviorOnMXFailure") or "UseDefaultValue"]

        def change(tx: Tx, identity: Identity) -> None:
            if domain:
                self._verification.begin_mail_from(tx, identity, domain, on_failure, caller.now)
            else:
                mail_from.remove(tx, identity)

        return await self._change(caller, params, change)

    async def mail_from_attributes(self, caller: Caller, params: Params) -> Result:
        def describe(tx: Tx, identity: Identity) -> Result:
            found = mail_from.find(tx, identity)
            if found is None:
                # AWS leaves out the two others then, though the model requires all three.
                return {"BehaviorOnMXFailure": _ON_FAILURE_TEXT[OnFailure.USE_DEFAULT_VALUE]}
            return {
                "MailFromDomain": found.domain,
                "MailFromDomainStatus": STATUS[found.standing.status(caller.now)],
                "BehaviorOnMXFailure": _ON_FAILURE_TEXT[found.on_failure],
            }

        return {"MailFromDomainAttributes": await self._of_known(caller, params, describe)}

    async def set_forwarding(self, caller: Caller, params: Params) -> Result:
        def change(tx: Tx, identity: Identity) -> None:
            notifications.set_forwarding(tx, identity, enabled=params["ForwardingEnabled"])

        return await self._change(caller, params, change)

    async def set_topic(self, caller: Caller, params: Params) -> Result:
        kind, topic = NotificationType(params["NotificationType"]), params.get("SnsTopic") or None

        def change(tx: Tx, identity: Identity) -> None:
            notifications.set_topic(tx, identity, kind, topic, caller.now)

        return await self._change(caller, params, change)

    async def set_headers(self, caller: Caller, params: Params) -> Result:
        kind = NotificationType(params["NotificationType"])

        def change(tx: Tx, identity: Identity) -> None:
            notifications.set_headers(tx, identity, kind, enabled=params["Enabled"])

        return await self._change(caller, params, change)

    async def notification_attributes(self, caller: Caller, params: Params) -> Result:
        def describe(tx: Tx, identity: Identity) -> Result:
            found = notifications.of(tx, identity)
            result: Result = {"ForwardingEnabled": found.forwarding}
            for kind, setting in found.settings.items():
                # The model requires the three topics; AWS leaves out those that are not set.
                if setting.topic is not None:
                    result[f"{kind}Topic"] = setting.topic
                result[f"HeadersIn{kind}NotificationsEnabled"] = setting.headers
            return result

        return {"NotificationAttributes": await self._of_known(caller, params, describe)}

    async def _change(self, caller: Caller, params: Params, change: Callable[[Tx, Identity], None]) -> Result:
        name = params["Identity"]
        try:
            await self._store.write(lambda tx: change(tx, identities.named(tx, caller.scope, name)))
        except IdentityNotFoundError as error:
            text = f"Identity {name} is invalid. Must be a verified email address or domain."
            raise InvalidParameterError(text) from error
        return {}

    async def _of_known(
        self, caller: Caller, params: Params, describe: Callable[[Tx, Identity], Result]
    ) -> dict[str, Result]:
        """By the names as they were asked for."""

        def look(tx: Tx) -> dict[str, Result]:
            described = {}
            for name in params["Identities"]:
                with suppress(IdentityNotFoundError):
                    described[name] = describe(tx, identities.named(tx, caller.scope, name))
            return described

        return await self._store.read(look)
