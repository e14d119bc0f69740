"""Headers, attachments and tags of a send as API v2 has them, the same for simple and templated content."""

from typing import Any

from mailgauge.mail.mime import Attachment
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.limits import AMAZON, MAX_HEADER, MAX_HEADER_NAME, MAX_HEADER_VALUE, Limits
from mailgauge.ses.list_management import ListManagement

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


def parse_headers(given: list[dict[str, str]] | None, limits: Limits = AMAZON) -> list[tuple[str, str]]:
    headers = given or []
    if len(headers) > limits.headers:
        raise InvalidParameterError(f"Header count exceeds {limits.headers}.")
    for header in headers:
        if header["Name"].lower() in _FORBIDDEN_HEADERS:
            raise InvalidParameterError(f"Header <{header['Name']}> is not allowed.")
        _check_length(header["Name"], header["Value"])
    return [(header["Name"], header["Value"]) for header in headers]


def _check_length(name: str, value: str) -> None:
    if len(name) > MAX_HEADER_NAME:
        raise InvalidParameterError(f"Header name cannot exceed {MAX_HEADER_NAME} characters.")
    if len(value) > MAX_HEADER_VALUE:
        raise InvalidParameterError(f"Header value cannot exceed {MAX_HEADER_VALUE} characters.")
    if len(name) + len(value) > MAX_HEADER:
        raise InvalidParameterError(f"Header name and value together cannot exceed {MAX_HEADER} characters.")


def parse_attachments(given: list[dict[str, Any]] | None) -> list[Attachment]:
    return [_attachment(each) for each in given or []]


def parse_message_tags(given: list[dict[str, str]] | None) -> list[tuple[str, str]]:
    return [(tag["Name"], tag["Value"]) for tag in given or []]


def parse_destination(given: dict[str, list[str]] | None) -> tuple[list[str], list[str], list[str]]:
    """To, Cc and Bcc."""
    addresses = given or {}
    return (
        addresses.get("ToAddresses") or [],
        addresses.get("CcAddresses") or [],
        addresses.get("BccAddresses") or [],
    )


def parse_list_management(given: dict[str, str] | None) -> ListManagement | None:
    return ListManagement(given["ContactListName"], given.get("TopicName")) if given else None


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
