"""Identities: ``sesv2/CreateEmailIdentity``, ``GetEmailIdentity``, ``ListEmailIdentities``, ``DeleteEmailIdentity``.

DKIM is reported as it is: tokens exist from the start, and signing is pending until their records are looked up.
"""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import identities, resource_tags
from mailgauge.ses.api import paging
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.api.v2.resource_tags import parse_tags, tag_list
from mailgauge.ses.errors import NotSupportedError
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.store.transaction import Tx

# Easy DKIM with the default key length is what an identity gets; other ways of signing come with DKIM itself.
_DEFAULT_SIGNING = {"NextSigningKeyLength": "RSA_2048_BIT", "DomainSigningAttributesOrigin": "AWS_SES"}


def identity_operations(parts: Parts) -> dict[str, Handler]:
    operations = _Identities(parts)
    return {
        "CreateEmailIdentity": operations.create,
        "GetEmailIdentity": operations.get,
        "ListEmailIdentities": operations.list,
        "DeleteEmailIdentity": operations.delete,
        "PutEmailIdentityConfigurationSetAttributes": operations.put_configuration_set,
    }


class _Identities:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._verification = parts.verification
        self._domain = parts.domain

    async def create(self, caller: Caller, params: Params) -> Result:
        _check_signing(params)
        name, tags = params["EmailIdentity"], parse_tags(params)
        configuration_set = params.get("ConfigurationSetName") or None

        def create(tx: Tx) -> Identity:
            made = identities.create(
                tx, caller.scope, name, caller.now, configuration_set=configuration_set, tags=tags
            )
            return self._verification.begin(tx, made, caller.now)

        made = await self._store.write(create)
        return {
            "IdentityType": made.type.value,
            "VerifiedForSendingStatus": made.verified,
            "DkimAttributes": self._dkim(made),
        }

    async def get(self, caller: Caller, params: Params) -> Result:
        def look(tx: Tx) -> tuple[Identity, dict[str, str]]:
            found = identities.get(tx, caller.scope, params["EmailIdentity"])
            return found, resource_tags.of(tx, caller.scope, found.resource)

        found, tags = await self._store.read(look)
        result = {
            "IdentityType": found.type.value,
            # Bounces are not forwarded by mail in this release, whatever SES's default.
            "FeedbackForwardingStatus": False,
            "VerifiedForSendingStatus": found.verified,
            "DkimAttributes": self._dkim(found),
            "Policies": {},
            "Tags": tag_list(tags),
            "VerificationStatus": found.status(caller.now).value,
        }
        if found.default_configuration_set is not None:
            result["ConfigurationSetName"] = found.default_configuration_set
        if found.succeeded is not None:
            at = timestamp(found.succeeded)
            result["VerificationInfo"] = {"LastCheckedTimestamp": at, "LastSuccessTimestamp": at}
        return result

    async def list(self, caller: Caller, params: Params) -> Result:
        after, limit = paging.after(params.get("NextToken")), paging.size(params.get("PageSize"))
        found = await self._store.read(lambda tx: identities.page(tx, caller.scope, after, limit + 1))
        shown, more = paging.page(found, limit, lambda each: each.name)
        return {"EmailIdentities": [_summary(each, caller.now) for each in shown], **more}

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._store.write(lambda tx: identities.delete(tx, caller.scope, params["EmailIdentity"]))
        return {}

    async def put_configuration_set(self, caller: Caller, params: Params) -> Result:
        name, configuration_set = params["EmailIdentity"], params.get("ConfigurationSetName") or None
        await self._store.write(
            lambda tx: identities.set_default_configuration_set(tx, caller.scope, name, configuration_set)
        )
        return {}

    def _dkim(self, identity: Identity) -> Result:
        is_domain = identity.type is IdentityType.DOMAIN
        result: Result = {
            "SigningEnabled": is_domain,
            "Status": "PENDING" if is_domain else "NOT_STARTED",
            "Tokens": list(identity.dkim_tokens),
            "SigningAttributesOrigin": "AWS_SES",
            "NextSigningKeyLength": "RSA_2048_BIT",
        }
        if is_domain:
            result["CurrentSigningKeyLength"] = "RSA_2048_BIT"
            result["LastKeyGenerationTimestamp"] = timestamp(identity.created)
            if self._domain is not None:
                result["SigningHostedZone"] = f"dkim.{self._domain}"
        return result


def _check_signing(params: Params) -> None:
    for member, value in (params.get("DkimSigningAttributes") or {}).items():
        if value != _DEFAULT_SIGNING.get(member):
            raise NotSupportedError(f"DkimSigningAttributes.{member}")


def _summary(identity: Identity, now: float) -> Result:
    return {
        "IdentityType": identity.type.value,
        "IdentityName": identity.name,
        "SendingEnabled": identity.verified,
        "VerificationStatus": identity.status(now).value,
    }
