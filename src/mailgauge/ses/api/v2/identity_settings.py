"""What is set on an identity: DKIM, MAIL FROM and feedback (``sesv2/PutEmailIdentityDkimAttributes`` and its siblings)."""

from collections.abc import Callable
from typing import Any

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import dkim, dkim_keys, domain_records, identities, mail_from, notifications
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.dkim import Dkim, Origin
from mailgauge.ses.dkim_keys import KeyPair
from mailgauge.ses.errors import InvalidParameterError, NotSupportedError
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.ses.mail_from import OnFailure
from mailgauge.ses.verification import Verification
from mailgauge.store.transaction import Tx

_BITS = {"RSA_1024_BIT": 1024, "RSA_2048_BIT": 2048}
_BITS_TEXT = {bits: text for text, bits in _BITS.items()}


def identity_setting_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Settings(parts)
    return {
        "PutEmailIdentityDkimAttributes": operations.put_dkim,
        "PutEmailIdentityDkimSigningAttributes": operations.put_dkim_signing,
        "PutEmailIdentityMailFromAttributes": operations.put_mail_from,
        "PutEmailIdentityFeedbackAttributes": operations.put_feedback,
    }


class SigningAttributes:
    """A member ``DkimSigningAttributes``: a key of the caller's, or the length of a key of ours."""

    def __init__(self, origin: str, given: dict[str, Any] | None) -> None:
        """Raises InvalidParameterError, and NotSupportedError for keys replicated from another Region. It is slow."""
        given = given or {}
        origin = given.get("DomainSigningAttributesOrigin") or origin
        if origin not in set(Origin):
            raise NotSupportedError(f"DomainSigningAttributesOrigin {origin}")
        self.bits = _BITS.get(given.get("NextSigningKeyLength") or "")
        self.selector: str = given.get("DomainSigningSelector") or ""
        self.pair: KeyPair | None = None
        if origin == Origin.EXTERNAL:
            if not self.selector or not given.get("DomainSigningPrivateKey"):
                raise InvalidParameterError(
                    "DomainSigningSelector and DomainSigningPrivateKey are required for your own DKIM key."
                )
            self.pair = dkim_keys.read_private(given["DomainSigningPrivateKey"])

    @classmethod
    def of_new(cls, given: dict[str, Any] | None) -> "SigningAttributes":
        """Those of a new identity, where the key itself says that it is the caller's own."""
        has_key = bool(given and (given.get("DomainSigningPrivateKey") or given.get("DomainSigningSelector")))
        return cls(Origin.EXTERNAL if has_key else Origin.AWS_SES, given)

    def apply(self, tx: Tx, verification: Verification, identity: Identity, now: float) -> Dkim:
        if self.pair is not None:
            verification.bring_key(tx, identity, self.selector, self.pair, now)
        else:
            dkim.start(tx, identity, now, self.bits or dkim.DEFAULT_BITS)
            if self.bits is not None:
                dkim.set_next_bits(tx, identity, self.bits)
        verification.look_up(tx, identity, now)
        return dkim.get(tx, identity)


class _Settings:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._verification = parts.verification
        self._domain = parts.domain

    async def put_dkim(self, caller: Caller, params: Params) -> Result:
        def change(tx: Tx, identity: Identity) -> None:
            dkim.set_enabled(tx, identity, caller.now, enabled=bool(params.get("SigningEnabled")))
            if identity.type is IdentityType.DOMAIN:
                self._verification.look_up(tx, identity, caller.now)

        return await self._change(caller, params, change)

    async def put_dkim_signing(self, caller: Caller, params: Params) -> Result:
        wanted = SigningAttributes(params["SigningAttributesOrigin"], params.get("SigningAttributes"))

        def change(tx: Tx) -> tuple[Identity, Dkim]:
            identity = identities.get(tx, caller.scope, params["EmailIdentity"])
            if identity.type is not IdentityType.DOMAIN:
                raise InvalidParameterError("DKIM signing attributes can only be set for domain identities.")
            return identity, wanted.apply(tx, self._verification, identity, caller.now)

        identity, found = await self._store.write(change)
        result: Result = {
            "DkimStatus": found.standing.status(caller.now).value,
            "DkimTokens": list(found.tokens(identity)),
        }
        if self._domain is not None and found.origin is Origin.AWS_SES:
            result["SigningHostedZone"] = domain_records.dkim_zone(self._domain)
        return result

    async def put_mail_from(self, caller: Caller, params: Params) -> Result:
        domain = params.get("MailFromDomain")
        on_failure = OnFailure(params.get("BehaviorOnMxFailure") or OnFailure.USE_DEFAULT_VALUE)

        def change(tx: Tx, identity: Identity) -> None:
            if domain:
                self._verification.begin_mail_from(tx, identity, domain, on_failure, caller.now)
            else:
                mail_from.remove(tx, identity)

        return await self._change(caller, params, change)

    async def put_feedback(self, caller: Caller, params: Params) -> Result:
        def change(tx: Tx, identity: Identity) -> None:
            enabled = bool(params.get("EmailForwardingEnabled"))
            notifications.switch_forwarding(tx, identity, enabled=enabled)

        return await self._change(caller, params, change)

    async def _change(self, caller: Caller, params: Params, change: Callable[[Tx, Identity], None]) -> Result:
        await self._store.write(
            lambda tx: change(tx, identities.get(tx, caller.scope, params["EmailIdentity"]))
        )
        return {}


def describe_dkim(
    signer: tuple[Identity, Dkim] | None, own: Dkim | None, zone: str | None, now: float
) -> Result:
    """``signer`` is the domain that signs for an identity, ``own`` what is set on the identity itself."""
    if signer is None:
        return {
            "SigningEnabled": False,
            "Status": "NOT_STARTED",
            "Tokens": [],
            "SigningAttributesOrigin": Origin.AWS_SES.value,
            "NextSigningKeyLength": _BITS_TEXT[dkim.DEFAULT_BITS],
        }
    identity, found = signer
    result: Result = {
        "SigningEnabled": found.enabled and (own is None or own.enabled),
        "Status": found.standing.status(now).value,
        "Tokens": list(found.tokens(identity)),
        "SigningAttributesOrigin": found.origin.value,
    }
    if found.origin is Origin.AWS_SES:
        result["NextSigningKeyLength"] = _BITS_TEXT[found.next_bits]
        result["CurrentSigningKeyLength"] = _BITS_TEXT[found.active.bits if found.active else found.next_bits]
        made = max((key.created for key in found.keys), default=found.standing.asked)
        result["LastKeyGenerationTimestamp"] = timestamp(made)
        if zone is not None:
            result["SigningHostedZone"] = zone
    return result
