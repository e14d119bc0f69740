"""Templated sends of SES v1: ``ses/SendTemplatedEmail``, ``ses/SendBulkTemplatedEmail``."""

from typing import Any

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.mail.mime import SimpleMessage
from mailgauge.ses.api.bulk_status import status_of
from mailgauge.ses.api.v1.errors import translated
from mailgauge.ses.bulk import Bulk, Entry, Sent, send_bulk
from mailgauge.ses.composing import Submission
from mailgauge.ses.limits import Limits
from mailgauge.ses.sending import Sending
from mailgauge.ses.templated import TemplateUse, parse_data


def templated_sending_operations(sending: Sending) -> dict[str, Handler]:
    async def send_templated_email(caller: Caller, params: Params) -> Result:
        return {"MessageId": await sending.send(caller, _submission(params, sending.limits))}

    async def send_bulk_templated_email(caller: Caller, params: Params) -> Result:
        return {
            "Status": [
                _result(sent) for sent in await send_bulk(sending, caller, _bulk(params, sending.limits))
            ]
        }

    return {
        "SendTemplatedEmail": translated(send_templated_email),
        "SendBulkTemplatedEmail": translated(send_bulk_templated_email),
    }


def _submission(params: Params, limits: Limits) -> Submission:
    to, cc, bcc = _destination(params["Destination"])
    parse_data(params["TemplateData"])
    return Submission(
        operation="SendTemplatedEmail",
        content=SimpleMessage(
            from_=params["Source"], to=to, cc=cc, reply_to=params.get("ReplyToAddresses") or []
        ),
        max_size=limits.message_bytes_v1,
        source=params["Source"],
        recipients=[*to, *cc, *bcc],
        tags=_tags(params.get("Tags")),
        configuration_set=params.get("ConfigurationSetName"),
        return_path=params.get("ReturnPath"),
        source_arn=params.get("SourceArn"),
        return_path_arn=params.get("ReturnPathArn"),
        template=TemplateUse(params["Template"], params["TemplateData"]),
    )


def _bulk(params: Params, limits: Limits) -> Bulk:
    return Bulk(
        operation="SendBulkTemplatedEmail",
        source=params["Source"],
        template=TemplateUse(params["Template"], params.get("DefaultTemplateData") or "{}"),
        entries=[_entry(each) for each in params["Destinations"]],
        max_size=limits.message_bytes_v1,
        reply_to=params.get("ReplyToAddresses") or [],
        tags=_tags(params.get("DefaultTags")),
        configuration_set=params.get("ConfigurationSetName"),
        return_path=params.get("ReturnPath"),
        source_arn=params.get("SourceArn"),
        return_path_arn=params.get("ReturnPathArn"),
    )


def _entry(given: dict[str, Any]) -> Entry:
    return Entry(
        *_destination(given["Destination"]),
        tags=_tags(given.get("ReplacementTags")),
        data=given.get("ReplacementTemplateData"),
    )


def _destination(given: dict[str, list[str]]) -> tuple[list[str], list[str], list[str]]:
    return (
        given.get("ToAddresses") or [],
        given.get("CcAddresses") or [],
        given.get("BccAddresses") or [],
    )


def _tags(given: list[dict[str, str]] | None) -> list[tuple[str, str]]:
    return [(tag["Name"], tag["Value"]) for tag in given or []]


def _result(sent: Sent) -> Result:
    if isinstance(sent, str):
        return {"Status": status_of(sent).v1, "MessageId": sent}
    return {"Status": status_of(sent).v1, "Error": str(sent)}
