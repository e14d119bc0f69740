"""Takes one recipient out of a message's facts and out of what its journal entries tell. Pure.

In place of the address stands another that is nobody's, the same in facts and entries, so that every recipient can still
be accounted for. What metrics were made of stays, or they could not be recounted.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.mail.address import Address, AddressError, parse_address_list
from mailgauge.mail.encode import phrase

VISITOR = frozenset({"ipAddress", "userAgent"})
"""What the detail of an Open or a Click says of who it was."""

# What receiving servers wrote, often with the mailbox's name alone.
_SERVERS_WORDS = frozenset({"diagnosticCode", "smtpResponse"})
_VISITED = frozenset({Kind.OPEN, Kind.CLICK})
_SUBSTITUTE = re.compile(r"forgotten(?:-\d+)?@invalid")
_ESCAPES = re.compile(r"\\[bfnrt\"/]")
_NOT_ABOUT_RECIPIENTS = ("from", "sender", "date", "returnPath")


def has_forgotten(facts: Facts) -> bool:
    """Whether a recipient of this message was erased: then nothing new is kept of who visits its links either."""
    return any(_SUBSTITUTE.fullmatch(each) for each in facts.destination)


@dataclass(frozen=True, slots=True)
class Eraser:
    """``address`` is a bare one; case does not count."""

    address: str

    def concerns(self, facts: Facts) -> bool:
        """Whether it is a recipient of the message, or is named as one in its header."""
        named = (each for name in ("to", "cc", "bcc") for each in facts.common_headers.get(name) or ())
        return self._place(facts) is not None or any(self._pattern.search(each) for each in named)

    def is_named_in(self, text: str) -> bool:
        """Whether the address is in a text, which may be JSON."""
        return self._pattern.search(_ESCAPES.sub(" ", text)) is not None

    def substitute(self, facts: Facts) -> str:
        """What stands in its place, different for each recipient of a message."""
        place = self._place(facts)
        return "forgotten@invalid" if place is None else f"forgotten-{place}@invalid"

    def facts(self, facts: Facts, counted: Collection[str]) -> Facts:
        """``counted`` are the tags and header fields, in lower case, that are dimensions of metrics."""
        instead = self.substitute(facts)
        alone = len(facts.destination) == 1 and self._place(facts) is not None
        return msgspec.structs.replace(
            facts,
            destination=[instead if self._is(each) else each for each in facts.destination],
            headers=[
                (name, value if name.lower() in counted else self._header(value, instead))
                for name, value in facts.headers
                if not alone or name.lower() in counted
            ],
            common_headers={
                name: self._common(value, instead)
                for name, value in facts.common_headers.items()
                if not alone or name in _NOT_ABOUT_RECIPIENTS
            },
            tags={
                name: values if name.lower() in counted else self.value(values, instead)
                for name, values in facts.tags.items()
            },
        )

    def detail(self, entry: Entry, instead: str) -> dict[str, Any]:
        """Of an entry of the same message. Who opened it and from where is gone too."""
        detail: dict[str, Any] = self.value(entry.detail, instead)
        if entry.kind in _VISITED:
            detail = {name: each for name, each in detail.items() if name not in VISITOR}
        return detail

    def value(self, value: Any, instead: str) -> Any:
        """Anything of JSON, without the address."""
        if isinstance(value, str):
            return self._pattern.sub(instead, value)
        if isinstance(value, Mapping):
            return {
                name: self.words(each, instead)
                if name in _SERVERS_WORDS and isinstance(each, str)
                else self.value(each, instead)
                for name, each in value.items()
            }
        return [self.value(each, instead) for each in value] if isinstance(value, (list, tuple)) else value

    def words(self, text: str, instead: str) -> str:
        """Text of a server, without the address and without the mailbox's name."""
        local = re.escape(self.address.rpartition("@")[0])
        text = self._pattern.sub(instead, text)
        return re.sub(rf"(?<![\w.+-]){local}(?![\w+-])", "forgotten", text, flags=re.IGNORECASE)

    @property
    def _pattern(self) -> re.Pattern[str]:
        """The address as text or in a link, and not as the end or the beginning of another."""
        forms = {re.escape(self.address), re.escape(quote(self.address, safe=""))}
        return re.compile(rf"(?<![\w.+-])(?:{'|'.join(sorted(forms))})(?![\w-]|\.\w)", re.IGNORECASE)

    def _place(self, facts: Facts) -> int | None:
        return next((place for place, each in enumerate(facts.destination) if self._is(each)), None)

    def _is(self, address: str) -> bool:
        return address.lower() == self.address.lower()

    def _common(self, value: Any, instead: str) -> Any:
        if isinstance(value, str):
            return self._pattern.sub(instead, value)
        return [instead if self._pattern.search(each) else each for each in value]

    def _header(self, value: str, instead: str) -> str:
        """A list of addresses loses the person's name as well."""
        if not self._pattern.search(value):
            return value
        try:
            parsed = parse_address_list(value)
        except AddressError:
            return self._pattern.sub(instead, value)
        return ", ".join(instead if self._is(each.bare) else _written(each) for each in parsed)


def _written(address: Address) -> str:
    return f"{phrase(address.display_name)} <{address.bare}>" if address.display_name else address.bare
