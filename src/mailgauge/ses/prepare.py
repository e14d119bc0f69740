"""The prepare stage's steps: from accepted content to the bytes on the wire, and who gets them. Pure, bytes in and bytes out.

It runs after the caller had its answer, so nothing here may refuse a message without an event that says so.
"""

from dataclasses import dataclass, field

from mailgauge.events.facts import Facts
from mailgauge.mail import normalise
from mailgauge.mail.eight_bit import seven_bit
from mailgauge.mail.headers import first, split
from mailgauge.mail.mime import date_value
from mailgauge.scan.eicar import is_eicar
from mailgauge.ses import feedback_id
from mailgauge.ses.list_management import with_links
from mailgauge.ses.plan import Plan
from mailgauge.simulator.addresses import is_suppressed
from mailgauge.tracking.rewriting import rewrite


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets a message, and who does not: those ``suppressed`` are on the global suppression list, they bounce.

    Neither do those ``on_account_list``, which is by the reason they are there for, and those who ``unsubscribed``.
    """

    recipients: list[str]
    suppressed: list[str] = field(default_factory=list)
    on_account_list: dict[str, list[str]] = field(default_factory=dict)
    unsubscribed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Service:
    """What mail shows of the service: the ``domain`` in its Message-ID, the ``name`` in its Feedback-ID."""

    domain: str
    name: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """The message ready for delivery; its signatures come last, nothing may change after them."""

    wire: bytes
    audience: Audience


@dataclass(frozen=True, slots=True)
class BadContent:
    """The message holds a virus: nobody gets it."""


def prepare(content: bytes, facts: Facts, plan: Plan, service: Service) -> Prepared | BadContent:
    """All steps but signing. A scanner, where there is one, has passed the content before."""
    if is_eicar(content):
        return BadContent()
    audience = select(facts.destination, plan)
    if plan.tracked is not None:
        # Before unsubscribe links are there, which are not to be counted.
        content = rewrite(content, plan.tracked)
    if plan.managed.url is not None:
        content = with_links(content, plan.managed.url)
    if not content.isascii() and first(split(content).fields, "DKIM-Signature") is None:
        # Not where the sender's own signature would break.
        content = seven_bit(content)
    content = normalise.prepare(
        content,
        f"<{facts.message_id}@{service.domain}>",
        date_value(facts.time),
        facts.source or None,
        None if facts.is_system else feedback_id.value(facts, service.name),
    )
    return Prepared(content, audience)


def select(destination: list[str], plan: Plan) -> Audience:
    """Sets apart who is not to get the message, each for one cause."""
    found = Audience([])
    for each in destination:
        if is_suppressed(each):
            found.suppressed.append(each)
        elif each in plan.listed:
            found.on_account_list.setdefault(plan.listed[each], []).append(each)
        elif each in plan.managed.opted_out:
            found.unsubscribed.append(each)
        else:
            found.recipients.append(each)
    return found
