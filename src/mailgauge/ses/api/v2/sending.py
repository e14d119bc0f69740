"""The send operation of SES v2 (``sesv2/SendEmail``): parameters to a submission, and nothing else."""

from typing import Any

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.mail.mime import Attachment, SimpleMessage
from mailgauge.ses.api.v2.errors import translated
from mailgauge.ses.composing import Submission
from mailgauge.ses.errors import InvalidParameterError, NotSupportedError
from mailgauge.ses.limits import MAX_MESSAGE_BYTES_V2
from mailgauge.ses.list_management import ListManagement
from mailgauge.ses.sending import Sending

MAX_HEADERS = 15
_FORBIDDEN_HEADERS = frozenset(
    [
        "bcc",
        "cc",
        "content-disposition",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "reply-to",
        "return-path",
        "subject",
        "to",
    ]
)


def sending_operations(sending: Sending) -> dict[str, Handler]:
    async def send_email(caller: Caller, params: Params) -> Result:
        return {"MessageId": await sending.send(caller, _submission(params))}

    return {"SendEmail": translated(send_email)}


def _submission(params: Params) -> Submission:
    content = params["Content"]
    given = [kind for kind in ("Simple", "Raw", "Template") if content.get(kind) is not None]
    if len(given) != 1:
        raise InvalidParameterError("Exactly one of Simple, Raw and Template must be given in Content.")
    if given == ["Template"]:
        raise NotSupportedError("Content.Template")
    for member in ("EndpointId", "TenantName"):
        if params.get(member):
            raise NotSupportedError(member)
    destination = params.get("Destination") or {}
    to, cc, bcc = (destination.get(f"{kind}Addresses") or [] for kind in ("To", "Cc", "Bcc"))
    source = params.get("FromEmailAddress")
    simple = content.get("Simple")
    if simple is not None and source is None:
        # Recorded from SES: this refusal has no text.
        raise AwsError("BadRequestException", None)
    return Submission(
        operation="SendEmail" if simple is not None else "SendRawEmail",
        content=content["Raw"]["Data"] if simple is None else _message(params, simple, to, cc),
        max_size=MAX_MESSAGE_BYTES_V2,
        source=source,
        recipients=[*to, *cc, *bcc] if simple is not None or to or cc or bcc else None,
        tags=[(tag["Name"], tag["Value"]) for tag in params.get("EmailTags") or []],
        configuration_set=params.get("ConfigurationSetName"),
        return_path=params.get("FeedbackForwardingEmailAddress"),
        list_management=_list_management(params.get("ListManagementOptions")),
    )


def _list_management(given: dict[str, str] | None) -> ListManagement | None:
    return ListManagement(given["ContactListName"], given.get("TopicName")) if given else None


def _message(params: Params, simple: dict[str, Any], to: list[str], cc: list[str]) -> SimpleMessage:
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
        headers=_headers(simple.get("Headers") or []),
        attachments=[_attachment(each) for each in simple.get("Attachments") or []],
    )


def _headers(given: list[dict[str, str]]) -> list[tuple[str, str]]:
    if len(given) > MAX_HEADERS:
        raise InvalidParameterError(f"Header count exceeds {MAX_HEADERS}.")
    for header in given:
        if header["Name"].lower() in _FORBIDDEN_HEADERS:
            raise InvalidParameterError(f"Header <{header['Name']}> is not allowed.")
    return [(header["Name"], header["Value"]) for header in given]


def _attachment(given: dict[str, Any]) -> Attachment:
    return Attachment(
        filename=given["FileName"],
        content=given["RawContent"],
        content_type=given.get("ContentType"),
        disposition=given.get("ContentDisposition") or "ATTACHMENT",
        content_id=given.get("ContentId"),
        description=given.get("ContentDescription"),
        encoding=given.get("ContentTransferEncoding") or "BASE64",
    )
