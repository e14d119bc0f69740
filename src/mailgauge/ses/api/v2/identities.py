"""Identities: ``sesv2/CreateEmailIdentity``, ``GetEmailIdentity``, ``ListEmailIdentities``, ``DeleteEmailIdentity``."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import (
    dkim,
    domain_checks,
    domain_records,
    identities,
    identity_policies,
    mail_from,
    notifications,
    resource_tags,
)
from mailgauge.ses.api import paging
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.api.v2.identity_settings import SigningAttributes, describe_dkim
from mailgauge.ses.api.v2.resource_tags import parse_tags, tag_list
from mailgauge.ses.domain_checks import Check
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.ses.mail_from import OnFailure
from mailgauge.store.transaction import Tx


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
        self._limits = parts.limits

    async def create(self, caller: Caller, params: Params) -> Result:
        name, tags = params["EmailIdentity"], parse_tags(params)
        signing = SigningAttributes.of_new(params.get("DkimSigningAttributes"))
        configuration_set = params.get("ConfigurationSetName") or None

        def create(tx: Tx) -> Result:
            made = identities.create(
                tx,
                caller.scope,
                name,
                caller.now,
                configuration_set=configuration_set,
                tags=tags,
                limits=self._limits,
            )
            if made.type is IdentityType.DOMAIN or signing.pair is not None:
                signing.apply(tx, self._verification, made, caller.now)
            made = self._verification.begin(tx, made, caller.now)
            return {
                "IdentityType": made.type.value,
                "VerifiedForSendingStatus": made.verified,
                "DkimAttributes": self._dkim(tx, made, caller.now),
            }

        return await self._store.write(create)

    async def get(self, caller: Caller, params: Params) -> Result:
        def look(tx: Tx) -> Result:
            found = identities.get(tx, caller.scope, params["EmailIdentity"])
            return self._describe(tx, found, caller.now)

        return await self._store.read(look)

    def _describe(self, tx: Tx, found: Identity, now: float) -> Result:
        result: Result = {
            "IdentityType": found.type.value,
            "FeedbackForwardingStatus": notifications.of(tx, found).forwarding,
            "VerifiedForSendingStatus": found.verified,
            "DkimAttributes": self._dkim(tx, found, now),
            "MailFromAttributes": _mail_from(tx, found, now),
            "Policies": identity_policies.of(tx, found),
            "Tags": tag_list(resource_tags.of(tx, found.scope, found.resource)),
            "VerificationStatus": domain_checks.status(tx, found, now).value,
        }
        if found.default_configuration_set is not None:
            result["ConfigurationSetName"] = found.default_configuration_set
        if info := _verification_info(found, domain_checks.find(tx, found)):
            result["VerificationInfo"] = info
        return result

    async def list(self, caller: Caller, params: Params) -> Result:
        after, limit = paging.after(params.get("NextToken")), paging.size(params.get("PageSize"))

        def look(tx: Tx) -> Result:
            found = identities.page(tx, caller.scope, after, limit + 1)
            shown, more = paging.page(found, limit, lambda each: each.name)
            return {"EmailIdentities": [_summary(tx, each, caller.now) for each in shown], **more}

        return await self._store.read(look)

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._store.write(lambda tx: identities.delete(tx, caller.scope, params["EmailIdentity"]))
        return {}

    async def put_configuration_set(self, caller: Caller, params: Params) -> Result:
        name, configuration_set = params["EmailIdentity"], params.get("ConfigurationSetName") or None
        await self._store.write(
            lambda tx: identities.set_default_configuration_set(tx, caller.scope, name, configuration_set)
        )
        return {}

    def _dkim(self, tx: Tx, identity: Identity, now: float) -> Result:
        zone = None if self._domain is None else domain_records.dkim_zone(self._domain)
        return describe_dkim(dkim.of_domain(tx, identity), dkim.find(tx, identity), zone, now)


def _mail_from(tx: Tx, identity: Identity, now: float) -> Result:
    custom = mail_from.find(tx, identity)
    if custom is None:
        # AWS leaves out the two others then, though the model requires all three.
        return {"BehaviorOnMxFailure": OnFailure.USE_DEFAULT_VALUE.value}
    return {
        "MailFromDomain": custom.domain,
        "MailFromDomainStatus": custom.standing.status(now).value,
        "BehaviorOnMxFailure": custom.on_failure.value,
    }


def _verification_info(identity: Identity, check: Check) -> Result:
    checked, succeeded = check.checked or identity.succeeded, check.succeeded or identity.succeeded
    result: Result = {}
    if checked is not None:
        result["LastCheckedTimestamp"] = timestamp(checked)
    if succeeded is not None:
        result["LastSuccessTimestamp"] = timestamp(succeeded)
    if check.error is not None:
        result["ErrorType"] = check.error
    if check.soa is not None:
        server, contact, serial = check.soa.split(" ")
        result["SOARecord"] = {
            "PrimaryNameServer": server,
            "AdminEmail": contact,
            "SerialNumber": int(serial),
        }
    return result


def _summary(tx: Tx, identity: Identity, now: float) -> Result:
    return {
        "IdentityType": identity.type.value,
        "IdentityName": identity.name,
        "SendingEnabled": identity.verified,
        "VerificationStatus": domain_checks.status(tx, identity, now).value,
    }
