"""From a send request to a message ready to be accepted: tags, addresses, recipients, content, facts. Pure.

It checks what can be checked without the store; ``sending`` asks the store the rest, and commits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from mailgauge.aws.request import Caller
from mailgauge.base.ids import new_message_id
from mailgauge.events.facts import Facts
from mailgauge.mail import headers, mime, normalise
from mailgauge.mail.address import AddressError, bare, parse_address_list
from mailgauge.mail.headers import Field, HeaderInjectionError
from mailgauge.mail.message_tags import (
    CONFIGURATION_SET,
    FROM_ARN,
    MESSAGE_TAGS,
    RETURN_PATH_ARN,
    SOURCE_ARN,
    parse_message_tags,
)
from mailgauge.ses import attachments, tags, templated
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.limits import AMAZON, Limits
from mailgauge.ses.list_management import HEADER as LIST_MANAGEMENT
from mailgauge.ses.list_management import ListManagement, parse_header
from mailgauge.ses.templated import Templated, TemplateUse

# Real mail has some dozens of fields in a few kilobytes; ours to choose (docs/quirks.md).
_MOST_FIELDS = 2000
_MOST_HEADER_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A send request, the same for every API. ``content`` is a message in parts, or a whole raw message.

    ``recipients`` None means those of the message's own To, Cc and Bcc fields. ``max_size`` is in bytes of base64.
    """

    operation: str
    content: mime.SimpleMessage | bytes
    max_size: int
    source: str | None = None
    recipients: list[str] | None = None
    tags: Sequence[tuple[str, str]] = ()
    configuration_set: str | None = None
    return_path: str | None = None
    source_arn: str | None = None
    from_arn: str | None = None
    return_path_arn: str | None = None
    list_management: ListManagement | None = None
    template: TemplateUse | None = None
    """What makes the subject and the body, which ``content`` does not have then."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A message that only the store can still refuse. ``senders`` must all be verified; the first decides the identity."""

    facts: Facts
    content: bytes
    senders: list[str]
    template: TemplateUse | None = None
    arns: Mapping[str, str] = field(default_factory=dict)
    """For an address that is sent from by another account's leave, the ARN of the identity."""


def compose(caller: Caller, submission: Submission, domain: str, limits: Limits = AMAZON) -> Composed:
    """Raises InvalidParameterError. The order is SES's: tags, address syntax, number of recipients, then the content."""
    tags.check(submission.tags, limits)
    source = _optional_bare(submission.source)
    return_path = _optional_bare(submission.return_path)
    named = None if submission.recipients is None else [_bare(each) for each in submission.recipients]
    if named is not None:
        _check_count(named, limits)
    message_id = new_message_id(caller.scope.region, caller.now)
    content = _content(submission, f"<{message_id}@{domain}>", caller.now)
    attachments.check(submission.content, limits)
    is_raw = isinstance(submission.content, bytes)
    fields = _split(content)
    recipients = _once(named) if named is not None else _recipients_of(fields, limits)
    from_ = _from(fields)
    if not from_ and source is None:
        raise InvalidParameterError("Missing required header 'From'.")
    if is_raw:
        _check_raw(content, fields, limits)
    shown, truncated = headers.fields_for_events(fields)
    bounces_to = return_path or (_optional_bare(headers.first(fields, "Return-Path")) if is_raw else None)
    managed = submission.list_management or (_list_management(fields) if is_raw else None)
    senders = list(dict.fromkeys(each for each in (*from_, source, bounces_to) if each is not None))
    facts = Facts(
        message_id=message_id,
        time=caller.now,
        account=caller.scope.account,
        region=caller.scope.region,
        source=submission.source or headers.first(fields, "From") or senders[0],
        destination=recipients,
        tags=_tags(submission, fields if is_raw else (), caller, from_),
        configuration_set=submission.configuration_set
        or (headers.first(fields, CONFIGURATION_SET) if is_raw else None),
        headers=shown,
        headers_truncated=truncated,
        common_headers=headers.common_headers(shown, message_id, bounces_to or source or senders[0]),
        return_path=bounces_to or source or senders[0],
        operation=submission.operation,
        contact_list=managed.contact_list if managed else None,
        topic=managed.topic if managed else None,
    )
    kept = content if submission.template is None else _unrendered(submission, submission.template)
    arns = _arns(submission, fields if is_raw else (), from_, source, bounces_to)
    return Composed(facts, kept, senders, submission.template, arns)


def settle(
    facts: Facts, configuration_set: str | None, source_arn: str, more_tags: Mapping[str, list[str]]
) -> Facts:
    """The facts with what the store knew: the configuration set in force, the identity's ARN, and auto-tags of both."""
    settled = {**facts.tags, **more_tags}
    if configuration_set is not None:
        settled[tags.CONFIGURATION_SET] = [configuration_set]
    return msgspec.structs.replace(
        facts, source_arn=source_arn, configuration_set=configuration_set, tags=settled
    )


def rendered(facts: Facts, content: bytes) -> Facts:
    """The facts of a templated message after its rendering, with the header it has now."""
    shown, truncated = headers.fields_for_events(headers.split(content).fields)
    return msgspec.structs.replace(
        facts,
        headers=shown,
        headers_truncated=truncated,
        common_headers=headers.common_headers(shown, facts.message_id, facts.return_path),
    )


def _unrendered(submission: Submission, use: TemplateUse) -> bytes:
    assert isinstance(submission.content, mime.SimpleMessage)
    return templated.encode(Templated(submission.content, use.name, use.data, submission.max_size))


def _split(content: bytes) -> list[Field]:
    try:
        return headers.split_within(content, _MOST_FIELDS, _MOST_HEADER_BYTES).fields
    except headers.HeaderTooLongError as error:
        raise InvalidParameterError(str(error)) from error


def _content(submission: Submission, message_id: str, now: float) -> bytes:
    if isinstance(submission.content, bytes):
        _check_size(len(submission.content), submission.max_size)
        return submission.content
    try:
        content = mime.assemble(replace(submission.content, message_id=message_id, date=now))
    except ValueError as error:
        raise InvalidParameterError(str(error)) from error
    _check_size(len(content), submission.max_size)
    return content


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise InvalidParameterError(too_long(size, limit))


def too_long(size: int, limit: int) -> str:
    return f"Message length is more than {limit} bytes long: '{size}'."


def _check_raw(content: bytes, fields: Sequence[Field], limits: Limits) -> None:
    if twice := headers.duplicates(fields):
        raise InvalidParameterError(f"Duplicate header '{twice[0]}'.")
    try:
        normalise.check_lines(content, limits.line_bytes)
    except normalise.LineTooLongError as error:
        raise InvalidParameterError(str(error)) from error


def _check_count(recipients: Sequence[str], limits: Limits) -> None:
    if not recipients:
        raise InvalidParameterError("There are no recipients specified.")
    if len(recipients) > limits.recipients:
        raise InvalidParameterError(f"Recipient count exceeds {limits.recipients}.")


def _once(recipients: Sequence[str]) -> list[str]:
    """A mailbox that is named twice gets the message once."""
    return list({each.lower(): each for each in reversed(recipients)}.values())[::-1]


def _recipients_of(fields: Sequence[Field], limits: Limits) -> list[str]:
    try:
        recipients = headers.envelope_from_headers(fields)
    except AddressError as error:
        raise InvalidParameterError(str(error)) from error
    _check_count(recipients, limits)
    return recipients


def _from(fields: Sequence[Field]) -> list[str]:
    value = headers.first(fields, "From")
    try:
        return [] if value is None else [each.bare for each in parse_address_list(value)]
    except AddressError as error:
        raise InvalidParameterError(str(error)) from error


def _arns(
    submission: Submission,
    fields: Sequence[Field],
    from_: Sequence[str],
    source: str | None,
    bounces_to: str | None,
) -> dict[str, str]:
    """Parameters win over headers."""
    of_source = submission.source_arn or headers.first(fields, SOURCE_ARN)
    of_from = submission.from_arn or headers.first(fields, FROM_ARN)
    of_return = submission.return_path_arn or headers.first(fields, RETURN_PATH_ARN)
    given = [(bounces_to, of_return), (source or next(iter(from_), None), of_source)]
    given += [(each, of_from) for each in from_]
    return {address: arn.strip() for address, arn in given if address is not None and arn is not None}


def _list_management(fields: Sequence[Field]) -> ListManagement | None:
    value = headers.first(fields, LIST_MANAGEMENT)
    return None if value is None else parse_header(value)


def _optional_bare(text: str | None) -> str | None:
    return None if text is None else _bare(text)


def _bare(text: str) -> str:
    try:
        headers.refuse_line_breaks(text, "Email address")
        return bare(text)
    except (AddressError, HeaderInjectionError) as error:
        raise InvalidParameterError(str(error)) from error


def _tags(
    submission: Submission, fields: Sequence[Field], caller: Caller, from_: Sequence[str]
) -> dict[str, list[str]]:
    """Message tags and auto-tags. Tags of the call hide those of the header altogether; they are never merged."""
    given = list(submission.tags) or [
        pair for value in headers.values(fields, MESSAGE_TAGS) for pair in parse_message_tags(value)
    ]
    auto = {
        tags.OPERATION: submission.operation,
        tags.SOURCE_IP: caller.source_ip,
        tags.CALLER_IDENTITY: caller.user,
    }
    if from_:
        auto[tags.FROM_DOMAIN] = from_[0].rpartition("@")[2]
    if caller.tls_version is not None:
        auto[tags.SOURCE_TLS_VERSION] = caller.tls_version
    found: dict[str, list[str]] = {}
    for name, value in given:
        if name not in tags.AUTO:  # which the form in a header could forge
            found.setdefault(name, []).append(value)
    return found | {name: [value] for name, value in auto.items()}
