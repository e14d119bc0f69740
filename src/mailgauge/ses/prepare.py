"""The prepare stage's steps: from accepted content to the bytes on the wire, and who gets them. Pure, bytes in and bytes out.

It runs after the caller had its answer, so nothing here may refuse a message without an event that says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mailgauge.events.facts import Facts
from mailgauge.mail import normalise
from mailgauge.mail.mime import date_value
from mailgauge.ses.list_management import Managed, with_links
from mailgauge.simulator.addresses import is_suppressed


@dataclass(frozen=True, slots=True)
class Prepared:
    """``suppressed`` recipients are on the global suppression list: they bounce and are never contacted.

    Neither are those ``on_account_list``, which is by the reason they are there for, and those who ``unsubscribed``.
    """

    wire: bytes
    recipients: list[str]
    suppressed: list[str]
    on_account_list: dict[str, list[str]]
    unsubscribed: list[str]


def prepare(
    content: bytes, facts: Facts, domain: str, listed: Mapping[str, str], managed: Managed
) -> Prepared:
    """The message ready for delivery. ``domain`` is the host part of its Message-ID, ``listed`` who is not to get it."""
    suppressed = [each for each in facts.destination if is_suppressed(each)]
    on_account_list: dict[str, list[str]] = {}
    for each in facts.destination:
        if each in listed and each not in suppressed:
            on_account_list.setdefault(listed[each], []).append(each)
    left = [each for each in facts.destination if each not in listed and each not in suppressed]
    unsubscribed = [each for each in left if each in managed.opted_out]
    recipients = [each for each in left if each not in unsubscribed]
    wire = normalise.prepare(
        content if managed.url is None else with_links(content, managed.url),
        f"<{facts.message_id}@{domain}>",
        date_value(facts.time),
        facts.source or None,
    )
    return Prepared(wire, recipients, suppressed, on_account_list, unsubscribed)
