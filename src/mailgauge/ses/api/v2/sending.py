"""The send operations of SES v2 (``sesv2/SendEmail``, ``SendBulkEmail``): parameters to a submission, and nothing else."""

from typing import Any

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.mail.mime import SimpleMessage
from mailgauge.ses.api.v2.content import (
    parse_attachments,
    parse_destination,
    parse_headers,
    parse_list_management,
    parse_message_tags,
)
from mailgauge.ses.api.v2.errors import translated
from mailgauge.ses.api.v2.templated_sending import send_bulk_email, templated_submission
from mailgauge.ses.composing import Submission
from mailgauge.ses.errors import InvalidParameterError, NotSupportedError
from mailgauge.ses.limits import Limits
from mailgauge.ses.sending import Sending


def sending_operations(sending: Sending) -> dict[str, Handler]:
    async def send_email(caller: Caller, params: Params) -> Result:
        return {"MessageId": await sending.send(caller, _submission(caller, params, sending.limits))}

    async def send_bulk(caller: Caller, params: Params) -> Result:
        return await send_bulk_email(sending, caller, params)

    return {"SendEmail": translated(send_email), "SendBulkEmail": translated(send_bulk)}


def _submission(caller: Caller, params: Params, limits: Limits) -> Submission:
    content = params["Content"]
    given = [kind for kind in ("Simple", "Raw", "Template") if content.get(kind) is not None]
    if len(given) != 1:
        raise InvalidParameterError("Exactly one of Simple, Raw and Template must be given in Content.")
    for member in ("EndpointId", "TenantName"):
        if params.get(member):
            raise NotSupportedError(member)
    to, cc, bcc = parse_destination(params.get("Destination"))
    source = params.get("FromEmailAddress")
    simple = content.get("Simple")
    if given == ["Template"]:
        return templated_submission(caller, params, limits)
    if simple is not None and source is None:
        # Recorded from SES: this refusal has no text.
        raise AwsError("BadRequestException", None)
    return Submission(
        operation="SendEmail" if simple is not None else "SendRawEmail",
        content=content["Raw"]["Data"] if simple is None else _message(params, simple, to, cc, limits),
        max_size=limits.message_bytes_v2,
        source=source,
        recipients=[*to, *cc, *bcc] if simple is not None or to or cc or bcc else None,
        tags=parse_message_tags(params.get("EmailTags")),
        configuration_set=params.get("ConfigurationSetName"),
        return_path=params.get("FeedbackForwardingEmailAddress"),
        source_arn=params.get("FromEmailAddressIdentityArn"),
        from_arn=params.get("FromEmailAddressIdentityArn"),
        return_path_arn=params.get("FeedbackForwardingEmailAddressIdentityArn"),
        list_management=parse_list_management(params.get("ListManagementOptions")),
    )


def _message(
    params: Params, simple: dict[str, Any], to: list[str], cc: list[str], limits: Limits
) -> SimpleMessage:
    subject, text, html = (
        simple["Subject"],
        simple["Body"].get("Text") or {},
        simple["Body"].get("Html") or {},
    )
    return SimpleMessage(
        from_=params["FromEmailAddress"],
        to=to,
        cc=cc,
        reply_to=params.get("ReplyToAddresses") or [],
        subject=subject["Data"],
        subject_charset=subject.get("Charset"),
        text=text.get("Data"),
        text_charset=text.get("Charset"),
        html=html.get("Data"),
        html_charset=html.get("Charset"),
        headers=parse_headers(simple.get("Headers"), limits),
        attachments=parse_attachments(simple.get("Attachments")),
    )
