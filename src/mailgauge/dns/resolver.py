"""The resolver: asks the configured name servers, or those of the system, and keeps answers while they live.

It does not validate DNSSEC; name servers that do are the operator's choice.
"""

import asyncio
import ipaddress
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mailgauge.base.clock import Clock
from mailgauge.base.joined import Joined
from mailgauge.dns.answers import NO_DATA, NO_SUCH_NAME, TEMPORARY, Answer, Outcome, RecordType
from mailgauge.dns.cache import AnswerCache

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver as Asker
    from dns.nameserver import Nameserver

log = logging.getLogger(__name__)

_PORT = 53
_LONGEST = 3600.0
"""Seconds: a record that changed is seen after an hour at the latest, whatever its TTL."""
_LONGEST_ABSENCE = 60.0
"""What somebody is about to publish is looked for again soon."""
_REST = 5.0
"""After a failure (RFC 2308 section 7): each of a thousand messages to one dead domain would wait for the timeout anew."""


class NameServerError(ValueError):
    """A name server is not written as ``ADDRESS`` or ``ADDRESS:PORT``; the text says so."""


class NetworkResolver:
    """``servers`` are ``ADDRESS`` or ``ADDRESS:PORT``; none means the system's. ``timeout`` in seconds is for all tries of
    a question together. Raises NameServerError.
    """

    def __init__(self, clock: Clock, servers: Sequence[str] = (), timeout: float = 5.0) -> None:
        self._servers = [split_server(server) for server in servers]
        self._timeout = timeout
        self._cache = AnswerCache(clock)
        self._asking: Joined[tuple[str, RecordType], Answer] = Joined()
        self._asker: Asker | None = None

    async def look_up(self, name: str, kind: RecordType) -> Answer:
        key = name.lower().rstrip(".")
        kept = self._cache.get(key, kind)
        if kept is not None:
            return kept
        return await self._asking.ask((key, kind), lambda: self._ask_and_keep(key, kind))

    async def _ask_and_keep(self, name: str, kind: RecordType) -> Answer:
        try:
            answer, seconds = await self._ask(name, kind)
        except Exception:
            # Whoever owns a domain writes its answers: none of them may stop the mail to another.
            log.exception("DNS question failed", extra={"domain": name[:255], "type": kind.value})
            answer, seconds = TEMPORARY, _REST
        self._cache.put(name, kind, answer, seconds)
        return answer

    async def _ask(self, name: str, kind: RecordType) -> tuple[Answer, float]:
        """The answer, and for how many seconds it may be kept."""
        import dns.exception
        import dns.resolver

        try:
            if self._asker is None:
                # The first use loads dnspython, which takes longer than any answer.
                self._asker = await asyncio.to_thread(self._make_asker)
            found = await self._asker.resolve(
                name, kind.value, raise_on_no_answer=False, search=False, lifetime=self._timeout
            )
        except dns.resolver.NXDOMAIN:
            return NO_SUCH_NAME, _LONGEST_ABSENCE
        except (dns.exception.DNSException, OSError, ValueError):
            # No server answered, or refused, or said what nobody can read: nothing is known.
            return TEMPORARY, _REST
        if found.rrset is None:
            return NO_DATA, _LONGEST_ABSENCE
        records = tuple(_text(kind, each) for each in found.rrset)
        return Answer(Outcome.RECORDS, records), min(float(found.rrset.ttl), _LONGEST)

    def _make_asker(self) -> "Asker":
        from dns.asyncresolver import Resolver
        from dns.nameserver import Do53Nameserver

        if not self._servers:
            return Resolver()
        asker = Resolver(configure=False)
        servers: list[str | Nameserver] = [Do53Nameserver(address, port) for address, port in self._servers]
        asker.nameservers = servers
        return asker


def split_server(text: str) -> tuple[str, int]:
    """``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1``, ``[2001:db8::1]:5353``. Raises NameServerError."""
    address, port = text, str(_PORT)
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    try:
        return str(ipaddress.ip_address(address)), _port(port)
    except ValueError:
        raise NameServerError(f"{text!r} is not a name server: write ADDRESS or ADDRESS:PORT") from None


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 1 << 16:
        raise ValueError(text)
    return int(text)


def _text(kind: RecordType, record: Any) -> str:
    """A record's data, as ``Answer`` describes it."""
    match kind:
        case RecordType.TXT:
            return b"".join(record.strings).decode("utf-8", "replace")
        case RecordType.CNAME | RecordType.PTR:
            return _name(record.target)
        case RecordType.MX:
            return f"{record.preference} {_name(record.exchange)}"
        case RecordType.SOA:
            return f"{_name(record.mname)} {_name(record.rname)} {record.serial}"
    return str(record)


def _name(name: Any) -> str:
    return str(name).rstrip(".").lower()
