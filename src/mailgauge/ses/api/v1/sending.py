"""Send operations of SES v1 (``ses/SendEmail``, ``ses/SendRawEmail``): parameters to a submission, and nothing else."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.mail.mime import SimpleMessage
from mailgauge.ses.api.v1.errors import translated
from mailgauge.ses.api.v1.templated_sending import templated_sending_operations
from mailgauge.ses.composing import Submission
from mailgauge.ses.limits import Limits
from mailgauge.ses.sending import Sending


def sending_operations(sending: Sending) -> dict[str, Handler]:
    async def send_email(caller: Caller, params: Params) -> Result:
        return {"MessageId": await sending.send(caller, _simple(params, sending.limits))}

    async def send_raw_email(caller: Caller, params: Params) -> Result:
        return {"MessageId": await sending.send(caller, _raw(params, sending.limits))}

    return {
        "SendEmail": translated(send_email),
        "SendRawEmail": translated(send_raw_email),
        **templated_sending_operations(sending),
    }


def _simple(params: Params, limits: Limits) -> Submission:
    destination = params["Destination"]
    to, cc, bcc = (destination.get(f"{kind}Addresses") or [] for kind in ("To", "Cc", "Bcc"))
    subject, body = params["Message"]["Subject"], params["Message"]["Body"]
    text, html = body.get("Text") or {}, body.get("Html") or {}
    message = SimpleMessage(
        from_=params["Source"],
        to=to,
        cc=cc,
        reply_to=params.get("ReplyToAddresses") or [],
        subject=subject["Data"],
        subject_charset=subject.get("Charset"),
        text=text.get("Data"),
        text_charset=text.get("Charset"),
        html=html.get("Data"),
        html_charset=html.get("Charset"),
    )
    return Submission(
        operation="SendEmail",
        content=message,
        max_size=limits.message_bytes_v1,
        source=params["Source"],
        recipients=[*to, *cc, *bcc],
        tags=_tags(params),
        configuration_set=params.get("ConfigurationSetName"),
        return_path=params.get("ReturnPath"),
        source_arn=params.get("SourceArn"),
        return_path_arn=params.get("ReturnPathArn"),
    )


def _raw(params: Params, limits: Limits) -> Submission:
    return Submission(
        operation="SendRawEmail",
        content=params["RawMessage"]["Data"],
        max_size=limits.message_bytes_v1,
        source=params.get("Source"),
        recipients=params.get("Destinations") or None,
        tags=_tags(params),
        configuration_set=params.get("ConfigurationSetName"),
        source_arn=params.get("SourceArn"),
        from_arn=params.get("FromArn"),
        return_path_arn=params.get("ReturnPathArn"),
    )


def _tags(params: Params) -> list[tuple[str, str]]:
    return [(tag["Name"], tag["Value"]) for tag in params.get("Tags") or []]
