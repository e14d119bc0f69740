"""The outgoing SMTP client: connections kept per destination, one transaction for all recipients of a message there.

It sends once and tells what happened; trying again, routing and DNS are its callers'.
"""

import asyncio
import re
import ssl
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from mailgauge.base.clock import Clock
from mailgauge.smtp.connection import Connection, Timeouts
from mailgauge.smtp.opening import ConnectError, Opener
from mailgauge.smtp.outcome import Destination, Dialogue, Failure, Outcome, Tls

__all__ = ["Connections", "Destination", "Failure", "Outcome", "Timeouts", "Tls"]


class _Site:
    """The connections of one destination: those at rest, and how many may work at once."""

    def __init__(self, destination: Destination, most: int) -> None:
        self.destination = destination
        self.free = asyncio.Semaphore(most)
        self.idle: list[Connection] = []
        self.users = 0
        self.has_timer = False


class _Transaction(NamedTuple):
    mail_from: str
    recipients: tuple[str, ...]
    message: bytes
    dialogue: Dialogue


class Connections:
    """All outgoing connections of a process. ``hostname`` is what EHLO says."""

    def __init__(
        self,
        clock: Clock,
        hostname: str,
        *,
        most_per_destination: int = 10,
        idle_seconds: float = 30,
        timeouts: Timeouts | None = None,
        verifying: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._most = most_per_destination
        self._idle_seconds = idle_seconds
        self._opener = Opener(hostname, timeouts or Timeouts(), verifying)
        self._sites: dict[Destination, _Site] = {}
        self._closing = False

    async def send(
        self,
        destination: Destination,
        mail_from: str,
        recipients: Sequence[str],
        message: bytes,
        *,
        dialogue: Dialogue | None = None,
    ) -> Outcome:
        """One message to one destination. Raises ValueError only for envelope addresses that can't stand in a command.

        A ``dialogue`` that is given tells who breaks it off what was said until then.
        """
        refuse_controls([mail_from, *recipients])
        started = self._clock.monotonic()
        site = self._sites.get(destination)
        if site is None:
            site = self._sites[destination] = _Site(destination, self._most)
        site.users += 1
        try:
            async with site.free:
                said = dialogue or Dialogue(self._clock.monotonic)
                outcome = await self._send(site, _Transaction(mail_from, tuple(recipients), message, said))
        finally:
            site.users -= 1
            self._forget(site)
        outcome.seconds = self._clock.monotonic() - started
        return outcome

    async def _send(self, site: _Site, transaction: _Transaction) -> Outcome:
        while (connection := self._rested(site)) is not None:
            outcome = _outcome(transaction)
            outcome.reused_connection = True
            outcome.dialogue.add("* on an open connection")
            await self._transact(site, connection, outcome, transaction)
            if not _was_stale(outcome):
                return outcome
        outcome = _outcome(transaction)
        started = self._clock.monotonic()
        try:
            connection = await self._opener.open(site.destination, outcome.dialogue)
        except ConnectError as error:
            _not_connected(outcome, error)
            return outcome
        finally:
            outcome.connect_seconds = self._clock.monotonic() - started
        await self._transact(site, connection, outcome, transaction)
        return outcome

    async def _transact(
        self, site: _Site, connection: Connection, outcome: Outcome, transaction: _Transaction
    ) -> None:
        try:
            await connection.transact(outcome, transaction.mail_from, transaction.message)
        except BaseException:
            connection.abort()
            raise
        if connection.is_usable and not self._closing:
            self._rest(site, connection)
        else:
            connection.abort()

    def _rested(self, site: _Site) -> Connection | None:
        """The connection that was used last: the others may then grow old and be closed."""
        while site.idle:
            connection = site.idle.pop()
            if connection.is_usable:
                return connection
            connection.abort()
        return None

    def _rest(self, site: _Site, connection: Connection) -> None:
        connection.idle_since = asyncio.get_running_loop().time()
        site.idle.append(connection)
        if not site.has_timer:
            self._close_later(site, self._idle_seconds)

    def _close_later(self, site: _Site, seconds: float) -> None:
        site.has_timer = True
        asyncio.get_running_loop().call_later(seconds, partial(self._close_idle, site))

    def _close_idle(self, site: _Site) -> None:
        site.has_timer = False
        now = asyncio.get_running_loop().time()
        # Used last stands last, so the oldest are in front.
        while site.idle and now - site.idle[0].idle_since >= self._idle_seconds:
            site.idle.pop(0).abort()
        if site.idle:
            self._close_later(site, self._idle_seconds - (now - site.idle[0].idle_since))
        self._forget(site)

    def _forget(self, site: _Site) -> None:
        if not site.users and not site.idle and self._sites.get(site.destination) is site:
            del self._sites[site.destination]

    async def close(self) -> None:
        """Ends the connections at rest; those at work end with their transaction."""
        self._closing = True
        resting = [connection for site in self._sites.values() for connection in site.idle]
        for site in self._sites.values():
            site.idle.clear()
        await asyncio.gather(*(connection.close() for connection in resting))


def _outcome(transaction: _Transaction) -> Outcome:
    transaction.dialogue.is_answered = False  # by this connection
    return Outcome(transaction.recipients, dialogue=transaction.dialogue)


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def _was_stale(outcome: Outcome) -> bool:
    """Whether a kept connection had ended meanwhile: nothing was sent on it, so another is tried at once."""
    said_nothing = outcome.failure is Failure.DISCONNECTED and not outcome.dialogue.is_answered
    return said_nothing or outcome.said_goodbye


def _not_connected(outcome: Outcome, error: ConnectError) -> None:
    outcome.failure, outcome.failure_text = error.failure, error.text
    outcome.dialogue.add(f"* {error.failure}: {error.text}")
    # A server that greets with 5xx turns us away, not the recipient: no reply, so it is tried again.
    if error.refusal is not None and error.refusal.is_temporary:
        outcome.replies = dict.fromkeys(outcome.recipients, error.refusal)


def refuse_controls(addresses: Sequence[str]) -> None:
    """Raises ValueError for an address that would say more than itself in an SMTP command.

    Between quotes angle brackets are part of a name (RFC 5321 4.1.2, Quoted-string).
    """
    for address in addresses:
        outside = _QUOTED.sub("", address)
        if not address.isascii() or not address.isprintable() or "<" in outside or ">" in outside:
            raise ValueError(f"not an envelope address: {address!r}")
