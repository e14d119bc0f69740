"""Identities: ``ses/VerifyEmailIdentity``, ``VerifyDomainIdentity``, ``GetIdentityVerificationAttributes`` and their siblings.

Verifying again is no error and asks again; deleting what isn't there is no error either.
"""

from collections.abc import Callable
from contextlib import suppress

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import dkim, domain_checks, identities
from mailgauge.ses.api import paging
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.errors import IdentityNotFoundError, InvalidParameterError
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.ses.standing import Status
from mailgauge.store.transaction import Tx

STATUS = {
    Status.PENDING: "Pending",
    Status.SUCCESS: "Success",
    Status.FAILED: "Failed",
    Status.TEMPORARY_FAILURE: "TemporaryFailure",
    Status.NOT_STARTED: "NotStarted",
}
_TYPES = {"EmailAddress": IdentityType.EMAIL_ADDRESS, "Domain": IdentityType.DOMAIN}


def identity_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Identities(parts)
    return {
        "VerifyEmailIdentity": operations.verify_email,
        "VerifyEmailAddress": operations.verify_email,
        "VerifyDomainIdentity": operations.verify_domain,
        "VerifyDomainDkim": operations.verify_domain_dkim,
        "DeleteIdentity": operations.delete,
        "DeleteVerifiedEmailAddress": operations.delete_email,
        "ListIdentities": operations.list,
        "ListVerifiedEmailAddresses": operations.list_verified,
        "GetIdentityVerificationAttributes": operations.verification_attributes,
    }


class _Identities:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._verification = parts.verification
        self._limits = parts.limits

    async def verify_email(self, caller: Caller, params: Params) -> Result:
        address = params["EmailAddress"]
        if "@" not in address:
            raise InvalidParameterError(f"Invalid email address<{address}>.")
        await self._begin(caller, address)
        return {}

    async def verify_domain(self, caller: Caller, params: Params) -> Result:
        return {"VerificationToken": (await self._begin(caller, _domain(params))).token}

    async def verify_domain_dkim(self, caller: Caller, params: Params) -> Result:
        """Tokens for Easy DKIM; whether they are published is looked up from now on."""
        domain = _domain(params)

        def begin(tx: Tx) -> Identity:
            identity = identities.ensure(tx, caller.scope, domain, caller.now, self._limits)
            dkim.start(tx, identity, caller.now)
            return self._verification.begin(tx, identity, caller.now)

        return {"DkimTokens": list((await self._store.write(begin)).dkim_tokens)}

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._delete(caller, params["Identity"])
        return {}

    async def delete_email(self, caller: Caller, params: Params) -> Result:
        await self._delete(caller, params["EmailAddress"])
        return {}

    async def list(self, caller: Caller, params: Params) -> Result:
        after, limit = paging.after(params.get("NextToken")), paging.size(params.get("MaxItems"))
        kind = _TYPES.get(params.get("IdentityType") or "")
        found = await self._store.read(lambda tx: identities.page(tx, caller.scope, after, limit + 1, kind))
        shown, more = paging.page(found, limit, lambda each: each.name)
        return {"Identities": [each.name for each in shown], **more}

    async def list_verified(self, caller: Caller, params: Params) -> Result:
        found = await self._store.read(
            lambda tx: identities.page(
                tx, caller.scope, "", self._limits.identities, IdentityType.EMAIL_ADDRESS
            )
        )
        return {"VerifiedEmailAddresses": [each.name for each in found if each.verified]}

    async def verification_attributes(self, caller: Caller, params: Params) -> Result:
        def describe(tx: Tx, identity: Identity) -> Result:
            status = {"VerificationStatus": STATUS[domain_checks.status(tx, identity, caller.now)]}
            if identity.type is IdentityType.DOMAIN:
                return {**status, "VerificationToken": identity.token}
            return status

        return {"VerificationAttributes": await self._of_known(caller, params, describe)}

    async def _begin(self, caller: Caller, name: str) -> Identity:
        def begin(tx: Tx) -> Identity:
            identity = identities.ensure(tx, caller.scope, name, caller.now, self._limits)
            return self._verification.begin(tx, identity, caller.now)

        return await self._store.write(begin)

    async def _delete(self, caller: Caller, name: str) -> None:
        with suppress(IdentityNotFoundError):
            await self._store.write(lambda tx: identities.delete(tx, caller.scope, name))

    async def _of_known(
        self, caller: Caller, params: Params, describe: Callable[[Tx, Identity], Result]
    ) -> dict[str, Result]:
        """By the names as they were asked for; unknown ones are absent, which the SDKs' waiters rely on."""

        def look(tx: Tx) -> dict[str, Result]:
            found = {name: identities.find(tx, caller.scope, name) for name in params["Identities"]}
            return {name: describe(tx, identity) for name, identity in found.items() if identity is not None}

        return await self._store.read(look)


def _domain(params: Params) -> str:
    domain: str = params["Domain"]
    if "@" in domain:
        raise InvalidParameterError(f"Invalid domain name {domain}.")
    return domain
