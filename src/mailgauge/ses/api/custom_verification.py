"""Custom verification email templates, whose parameters are the same in both APIs; each adds what is its own."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import custom_verification, resource_tags
from mailgauge.ses.api import paging
from mailgauge.ses.custom_verification import VerificationTemplate
from mailgauge.ses.limits import MAX_VERIFICATION_TEMPLATES_PAGE, Limits
from mailgauge.ses.verification_sending import VerificationSending
from mailgauge.store.transaction import Store, Tx

_FIELDS = {
    "FromEmailAddress": "from_address",
    "TemplateSubject": "subject",
    "TemplateContent": "content",
    "SuccessRedirectionURL": "success_url",
    "FailureRedirectionURL": "failure_url",
}


class Templates:
    """``page_size`` is the name of the member that says how many fit on a page."""

    def __init__(self, store: Store, limits: Limits, page_size: str) -> None:
        self._store = store
        self._limits = limits
        self._page_size = page_size

    def operations(self) -> dict[str, Handler]:
        return {
            "CreateCustomVerificationEmailTemplate": self.create,
            "UpdateCustomVerificationEmailTemplate": self.update,
            "GetCustomVerificationEmailTemplate": self.get,
            "ListCustomVerificationEmailTemplates": self.list,
            "DeleteCustomVerificationEmailTemplate": self.delete,
        }

    async def create(self, caller: Caller, params: Params) -> Result:
        given = {field: params[member] for member, field in _FIELDS.items()}
        template = VerificationTemplate(name=params["TemplateName"], **given)
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
        await self._store.write(
            lambda tx: custom_verification.create(tx, caller.scope, template, tags, self._limits)
        )
        return {}

    async def update(self, caller: Caller, params: Params) -> Result:
        """What is left out stays, where the API lets it be left out."""
        changes = {field: params[member] for member, field in _FIELDS.items() if params.get(member)}
        await self._store.write(
            lambda tx: custom_verification.update(
                tx, caller.scope, params["TemplateName"], changes, self._limits
            )
        )
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        found = await self._store.read(
            lambda tx: custom_verification.get(tx, caller.scope, params["TemplateName"])
        )
        return {**_summary(found), "TemplateContent": found.content}

    async def list(self, caller: Caller, params: Params) -> Result:
        after = paging.after(params.get("NextToken"))
        limit = min(paging.size(params.get(self._page_size)), MAX_VERIFICATION_TEMPLATES_PAGE)
        found = await self._store.read(
            lambda tx: custom_verification.page(tx, caller.scope, after, limit + 1)
        )
        shown, more = paging.page(found, limit, lambda each: each.name)
        return {"CustomVerificationEmailTemplates": [_summary(each) for each in shown], **more}

    async def delete(self, caller: Caller, params: Params) -> Result:
        """It need not be there."""
        await self._store.write(
            lambda tx: custom_verification.delete(tx, caller.scope, params["TemplateName"])
        )
        return {}


class TaggedTemplates(Templates):
    """As API v2 has them: with tags, and a template that isn't there is not deleted."""

    async def get(self, caller: Caller, params: Params) -> Result:
        resource = custom_verification.resource(params["TemplateName"])
        found = await super().get(caller, params)
        tags = await self._store.read(lambda tx: resource_tags.of(tx, caller.scope, resource))
        return {**found, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    async def delete(self, caller: Caller, params: Params) -> Result:
        def delete(tx: Tx) -> None:
            found = custom_verification.get(tx, caller.scope, params["TemplateName"])
            custom_verification.delete(tx, caller.scope, found.name)

        await self._store.write(delete)
        return {}


def sender(sending: VerificationSending) -> Handler:
    async def send(caller: Caller, params: Params) -> Result:
        address, template = params["EmailAddress"], params["TemplateName"]
        configuration_set = params.get("ConfigurationSetName") or None
        return {"MessageId": await sending.send(caller, address, template, configuration_set)}

    return send


def _summary(found: VerificationTemplate) -> Result:
    shown = {member: getattr(found, field) for member, field in _FIELDS.items() if field != "content"}
    return {"TemplateName": found.name, **shown}
