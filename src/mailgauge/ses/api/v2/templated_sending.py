"""Templated sends of SES v2: ``Content.Template`` of ``sesv2/SendEmail``, and ``sesv2/SendBulkEmail``."""

from typing import Any

from mailgauge.aws.request import Caller, Params, Result
from mailgauge.base.scope import Scope
from mailgauge.mail.mime import SimpleMessage
from mailgauge.ses import arns, template_content
from mailgauge.ses.api.bulk_status import status_of
from mailgauge.ses.api.v2.content import (
    parse_attachments,
    parse_destination,
    parse_headers,
    parse_list_management,
    parse_message_tags,
)
from mailgauge.ses.api.v2.templates import parse_content
from mailgauge.ses.bulk import Bulk, Entry, Sent, send_bulk
from mailgauge.ses.composing import Submission
from mailgauge.ses.errors import InvalidParameterError, NotSupportedError, TemplateNotFoundError
from mailgauge.ses.limits import Limits
from mailgauge.ses.sending import Sending
from mailgauge.ses.templated import TemplateUse, parse_data

_REFERENCES = ("TemplateName", "TemplateArn", "TemplateContent")


def templated_submission(caller: Caller, params: Params, limits: Limits) -> Submission:
    given = params["Content"]["Template"]
    to, cc, bcc = parse_destination(params.get("Destination"))
    use = _use(caller.scope, given, limits)
    parse_data(use.data)
    source = _source(params)
    message = SimpleMessage(
        from_=source,
        to=to,
        cc=cc,
        reply_to=params.get("ReplyToAddresses") or [],
        headers=parse_headers(given.get("Headers"), limits),
        attachments=parse_attachments(given.get("Attachments")),
    )
    return Submission(
        operation="SendEmail",
        content=message,
        max_size=limits.message_bytes_v2,
        source=source,
        recipients=[*to, *cc, *bcc],
        tags=parse_message_tags(params.get("EmailTags")),
        configuration_set=params.get("ConfigurationSetName"),
        return_path=params.get("FeedbackForwardingEmailAddress"),
        source_arn=params.get("FromEmailAddressIdentityArn"),
        return_path_arn=params.get("FeedbackForwardingEmailAddressIdentityArn"),
        list_management=parse_list_management(params.get("ListManagementOptions")),
        template=use,
    )


async def send_bulk_email(sending: Sending, caller: Caller, params: Params) -> Result:
    results = await send_bulk(sending, caller, _bulk(caller.scope, params, sending.limits))
    return {"BulkEmailEntryResults": [_result(sent) for sent in results]}


def _bulk(scope: Scope, params: Params, limits: Limits) -> Bulk:
    for member in ("EndpointId", "TenantName"):
        if params.get(member):
            raise NotSupportedError(member)
    given = params["DefaultContent"].get("Template")
    if given is None:
        raise InvalidParameterError("DefaultContent must have a Template.")
    return Bulk(
        # Auto-tags have the names of v1's operations, for raw mail through v2 as well.
        operation="SendBulkTemplatedEmail",
        source=_source(params),
        template=_use(scope, given, limits),
        entries=[_entry(each, limits) for each in params["BulkEmailEntries"]],
        max_size=limits.message_bytes_v2,
        reply_to=params.get("ReplyToAddresses") or [],
        tags=parse_message_tags(params.get("DefaultEmailTags")),
        headers=parse_headers(given.get("Headers"), limits),
        attachments=parse_attachments(given.get("Attachments")),
        configuration_set=params.get("ConfigurationSetName"),
        return_path=params.get("FeedbackForwardingEmailAddress"),
        source_arn=params.get("FromEmailAddressIdentityArn"),
        return_path_arn=params.get("FeedbackForwardingEmailAddressIdentityArn"),
    )


def _entry(given: dict[str, Any], limits: Limits) -> Entry:
    replacement = (given.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
    return Entry(
        *parse_destination(given["Destination"]),
        tags=parse_message_tags(given.get("ReplacementTags")),
        data=replacement.get("ReplacementTemplateData"),
        headers=parse_headers(given.get("ReplacementHeaders"), limits),
    )


def _source(params: Params) -> str:
    source: str | None = params.get("FromEmailAddress")
    if not source:
        raise InvalidParameterError("Source cannot be empty")
    return source


def _use(scope: Scope, given: dict[str, Any], limits: Limits) -> TemplateUse:
    if sum(given.get(name) is not None for name in _REFERENCES) != 1:
        raise InvalidParameterError(
            "Exactly one of TemplateName, TemplateArn and TemplateContent must be given in Template."
        )
    data = given.get("TemplateData") or "{}"
    if given.get("TemplateContent") is not None:
        content = parse_content(given["TemplateContent"])
        template_content.check(content, limits=limits)
        return TemplateUse("", data, content)
    return TemplateUse(given.get("TemplateName") or _name_in(scope, given["TemplateArn"]), data)


def _name_in(scope: Scope, arn: str) -> str:
    parsed = arns.parse(arn)
    if parsed is None or parsed[1] != arns.TEMPLATE:
        raise InvalidParameterError(f"Invalid template ARN: {arn}")
    if parsed[0] != scope:
        raise TemplateNotFoundError(parsed[2])
    return parsed[2]


def _result(sent: Sent) -> Result:
    if isinstance(sent, str):
        return {"Status": status_of(sent).v2, "MessageId": sent}
    return {"Status": status_of(sent).v2, "Error": str(sent)}
