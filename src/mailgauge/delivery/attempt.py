"""One attempt to hand a message over along a route: its hosts in their order, until one has a connection for us.

It tells what happened at each host; what that means for a recipient is decided in ``outcomes``, for a site in ``sites``.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from mailgauge.base.clock import Clock
from mailgauge.base.internet import is_loopback
from mailgauge.delivery.outcomes import Attempted
from mailgauge.delivery.sites import Site
from mailgauge.delivery.transcripts import Attempt
from mailgauge.delivery.transport import Route
from mailgauge.mail.bounce_class import TRANSIENT_GENERAL
from mailgauge.mail.status import Reply
from mailgauge.smtp.client import Connections, Destination, Failure, Outcome, Tls
from mailgauge.smtp.outcome import Dialogue

PATIENCE = 120.0
"""Seconds after which no further host is tried: those that are left have their turn at the next attempt."""

_GREYLISTING = ("greylist", "graylist", "grey list", "gray list")
_OVERLOADED = frozenset(
    {Failure.REFUSED, Failure.UNREACHABLE, Failure.TIMEOUT, Failure.NOT_READY, Failure.LOGIN}
)


@dataclass(frozen=True, slots=True)
class Mail:
    """What is sent, until ``until`` on the monotonic clock. ``sources`` are the addresses of ours that it may leave from, none
    means any.
    """

    message_id: str
    return_path: str
    recipients: tuple[str, ...]
    content: bytes
    until: float
    sources: Sequence[str] = ()
    requires_tls: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """A host that was tried, and what came of it."""

    destination: Destination
    outcome: Outcome


async def attempt(client: Connections, route: Route, site: Site, mail: Mail, clock: Clock) -> list[Tried]:
    """Tries the hosts of a route, those that could not be reached lately last. The last one tried is what counts."""
    tried: list[Tried] = []
    until = clock.monotonic() + PATIENCE
    hosts = _within_reach(route.destinations, mail.sources)
    for destination in sorted(hosts, key=lambda each: site.is_shunned(each.host, clock.now())):
        if tried and clock.monotonic() >= until:
            break
        fit = _as_the_mail_wants(destination, mail)
        outcome = await _send(client, fit, mail, clock)
        tried.append(Tried(fit, outcome))
        if outcome.is_connected:
            site.meet(destination.host)
            break
        if outcome.failure not in {Failure.TLS, Failure.TLS_NOT_OFFERED}:
            site.shun(destination.host, clock.now())
    return tried


def _within_reach(destinations: Sequence[Destination], sources: Sequence[str]) -> Sequence[Destination]:
    """Those that an address of the pool can reach. Where it can reach none, mail leaves from any rather than not at all."""
    return [each for each in destinations if _of_family(each, sources)] or destinations


def _of_family(destination: Destination, sources: Sequence[str]) -> list[str]:
    """Only an address of the family of the other side can reach it."""
    return [each for each in sources if (":" in each) == (":" in destination.host)]


async def _send(client: Connections, destination: Destination, mail: Mail, clock: Clock) -> Outcome:
    dialogue = Dialogue(clock.monotonic)
    began = clock.monotonic()
    try:
        async with asyncio.timeout(mail.until - began):
            return await client.send(
                destination, mail.return_path, mail.recipients, mail.content, dialogue=dialogue
            )
    except TimeoutError:
        # It may have been heard of the message: no other host gets it in this attempt.
        return Outcome(
            mail.recipients,
            is_connected=True,
            failure=Failure.TIMEOUT,
            failure_text="the transaction took too long",
            seconds=clock.monotonic() - began,
            dialogue=dialogue,
        )


def _as_the_mail_wants(destination: Destination, mail: Mail) -> Destination:
    """From an address of its pool, and encrypted where its set says so and it leaves this machine."""
    in_the_clear = (
        destination.tls is Tls.OFF and not destination.implicit_tls and not is_loopback(destination.host)
    )
    if mail.requires_tls and (destination.tls is Tls.OPPORTUNISTIC or in_the_clear):
        destination = replace(destination, tls=Tls.REQUIRE)
    if usable := _of_family(destination, mail.sources):
        destination = replace(destination, source=usable[crc32(mail.message_id.encode()) % len(usable)])
    return destination


def attempted(tried: Sequence[Tried], mail: Mail, now: float) -> Attempted:
    """What the attempt as a whole said."""
    outcome = tried[-1].outcome
    # Where no host offers encryption, none will before the message is old: nothing else went wrong that may pass.
    in_the_clear = all(each.outcome.failure is Failure.TLS_NOT_OFFERED for each in tried)
    return Attempted(
        now,
        outcome.replies,
        failure_of(outcome),
        outcome.peer_ip,
        outcome.tls_version,
        outcome.local_ip,
        given_up=TRANSIENT_GENERAL if mail.requires_tls and in_the_clear else None,
    )


def trouble_of(outcome: Outcome) -> str:
    """What of an outcome says that the site should get less, in words; empty for one that doesn't."""
    if outcome.failure in _OVERLOADED or (outcome.failure is not None and not outcome.is_connected):
        return f"{outcome.failure}: {outcome.failure_text}".rstrip(": ")
    return next((reply.line for reply in outcome.replies.values() if _is_throttling(reply)), "")


def _is_throttling(reply: Reply) -> bool:
    """421, and 4.7.x unless it is about one sender and recipient that have never met."""
    if reply.code == 421:
        return True
    is_policy = reply.is_temporary and reply.status.startswith("4.7.")
    return is_policy and not any(word in reply.text.lower() for word in _GREYLISTING)


def turned_away(outcome: Outcome) -> set[str]:
    """Recipients that were too many for one transaction (RFC 5321 4.5.3.1.10): they are none the worse for another one."""
    too_many = {each for each, reply in outcome.replies.items() if _is_too_many(reply)}
    return too_many if len(too_many) < len(outcome.recipients) else set()


def _is_too_many(reply: Reply) -> bool:
    # 552 is what servers said before RFC 2821, and some still say.
    is_about_recipients = reply.status.endswith(".5.3") or "too many recipients" in reply.text.lower()
    return reply.code in {452, 552} and is_about_recipients


def failure_of(outcome: Outcome) -> str:
    return f"{outcome.failure}: {outcome.failure_text}".rstrip(": ") if outcome.failure else ""


def transcript(
    tried: Sequence[Tried], mail: Mail, route: Route, *, number: int, now: float, keep_all: bool
) -> list[Attempt]:
    """What is kept of it. What was delivered to everybody at once keeps its dialogue only where all are kept."""
    is_clean = number == 1 and len(tried) == 1 and len(tried[0].outcome.accepted) == len(mail.recipients)
    return [
        Attempt(
            message_id=mail.message_id,
            time=now,
            number=number,
            transport=route.name,
            replies={recipient: each.outcome.reply_to(recipient) for recipient in mail.recipients},
            host=f"{each.destination.server_name or each.destination.host}:{each.destination.port}",
            peer=each.outcome.peer_ip,
            source=each.outcome.local_ip,
            tls_version=each.outcome.tls_version,
            tls_cipher=each.outcome.tls_cipher,
            connect_seconds=each.outcome.connect_seconds,
            seconds=each.outcome.seconds,
            failure=failure_of(each.outcome),
            dialogue=each.outcome.dialogue.lines if keep_all or not is_clean else None,
        )
        for each in tried
    ]
