"""Bulk sends: one call, one template, a message for each destination (``ses/SendBulkTemplatedEmail``, ``sesv2/SendBulkEmail``).

What stands against the whole call raises; what stands against one destination is its own result.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from mailgauge.aws.request import Caller
from mailgauge.mail.address import AddressError, bare
from mailgauge.mail.mime import Attachment, SimpleMessage
from mailgauge.ses import tags
from mailgauge.ses.composing import Submission
from mailgauge.ses.errors import InvalidParameterError, SesError
from mailgauge.ses.limits import Limits
from mailgauge.ses.sending import Call, Sending
from mailgauge.ses.templated import TemplateUse, merge_data, parse_data

log = logging.getLogger(__name__)

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One destination, and what it has instead of the defaults."""

    to: list[str]
    cc: list[str]
    bcc: list[str]
    tags: Pairs = ()
    data: str | None = None
    headers: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """A call. ``template`` holds the default data."""

    operation: str
    source: str
    template: TemplateUse
    entries: list[Entry]
    max_size: int
    reply_to: list[str]
    tags: Pairs = ()
    headers: Pairs = ()
    attachments: Sequence[Attachment] = ()
    configuration_set: str | None = None
    return_path: str | None = None
    source_arn: str | None = None
    return_path_arn: str | None = None


class UnknownFailureError(SesError):
    """Something of ours failed; the caller may try this destination again."""

    def __init__(self) -> None:
        super().__init__("The message could not be accepted. Try again.")


Sent = str | SesError
"""The message id, or why there is none."""


async def send_bulk(sending: Sending, caller: Caller, bulk: Bulk) -> list[Sent]:
    """The results in the order of the destinations. Raises SesError for the call as a whole."""
    _check(bulk, sending.limits)
    given = ((bulk.source, bulk.source_arn), (bulk.return_path, bulk.return_path_arn or bulk.source_arn))
    # An address with an ARN may be another account's, whose policies are asked for each message.
    addresses = [address for address, arn in given if address is not None and arn is None]
    template = None if bulk.template.content is not None else bulk.template.name
    await sending.check(caller, Call([_sender(each) for each in addresses], bulk.configuration_set, template))
    # All at once, so that they share the transactions of the store.
    return await asyncio.gather(*(_send(sending, caller, bulk, entry) for entry in bulk.entries))


def _check(bulk: Bulk, limits: Limits) -> None:
    tags.check(bulk.tags, limits)
    if not bulk.entries:
        raise InvalidParameterError("There are no destinations specified.")
    if len(bulk.entries) > limits.bulk_destinations:
        raise InvalidParameterError(f"Destination count exceeds {limits.bulk_destinations}.")
    parse_data(bulk.template.data)


def _sender(address: str) -> str:
    try:
        return bare(address)
    except AddressError as error:
        raise InvalidParameterError(f"Invalid email address<{address}>.") from error


async def _send(sending: Sending, caller: Caller, bulk: Bulk, entry: Entry) -> Sent:
    try:
        return await sending.send(caller, _submission(bulk, entry))
    except SesError as error:
        return error
    except Exception:
        # The other destinations are accepted already, and their ids must reach the caller.
        log.exception("a destination of a bulk send failed")
        return UnknownFailureError()


def _submission(bulk: Bulk, entry: Entry) -> Submission:
    message = SimpleMessage(
        from_=bulk.source,
        to=entry.to,
        cc=entry.cc,
        reply_to=bulk.reply_to,
        headers=merge_headers(bulk.headers, entry.headers),
        attachments=bulk.attachments,
    )
    use = TemplateUse(bulk.template.name, merge_data(bulk.template.data, entry.data), bulk.template.content)
    return Submission(
        operation=bulk.operation,
        content=message,
        max_size=bulk.max_size,
        source=bulk.source,
        recipients=[*entry.to, *entry.cc, *entry.bcc],
        tags=merge_tags(bulk.tags, entry.tags),
        configuration_set=bulk.configuration_set,
        return_path=bulk.return_path,
        source_arn=bulk.source_arn,
        return_path_arn=bulk.return_path_arn,
        template=use,
    )


def merge_tags(default: Pairs, replacement: Pairs) -> Pairs:
    """The replacement's, and those of the default that it does not name."""
    named = {name for name, _ in replacement}
    return [*(pair for pair in default if pair[0] not in named), *replacement]


def merge_headers(default: Pairs, replacement: Pairs) -> Pairs:
    """A header of the entry takes the place of the template's of that name; others are added (``sesv2/BulkEmailEntry``)."""
    own = {name.lower() for name, _ in replacement}
    return [*(pair for pair in default if pair[0].lower() not in own), *replacement]
