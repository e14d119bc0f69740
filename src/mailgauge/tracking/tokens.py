"""What the links and pixels of a message say, signed: nothing is kept about them, so they lead on for ever.

Only an address that this service wrote into mail is ever redirected to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from mailgauge.base.ids import pack_message_id, unpack_message_id
from mailgauge.base.signed import seal, unseal

_OPEN, _CLICK, _TRAP = "open", "click", "trap"


class InvalidTokenError(Exception):
    """A link that this service did not make, or not all of one."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a message: its number there, where it leads, and its ``ses:tags``."""

    number: int
    url: str
    tags: Mapping[str, list[str]] = field(default_factory=dict)


class _Click(msgspec.Struct, array_like=True, frozen=True):
    message: bytes
    number: int
    url: str
    tags: dict[str, list[str]] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Click).decode


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads them. ``secret`` signs nothing else."""

    secret: bytes

    def for_open(self, message_id: str) -> str:
        return seal(self.secret, _OPEN, pack_message_id(message_id))

    def for_click(self, message_id: str, link: Link) -> str:
        payload = _Click(pack_message_id(message_id), link.number, link.url, dict(link.tags))
        return seal(self.secret, _CLICK, _encode(payload))

    def for_trap(self, message_id: str) -> str:
        """Of the link that people don't see."""
        return seal(self.secret, _TRAP, pack_message_id(message_id))

    def opened(self, token: str) -> str:
        """The message id. Raises InvalidTokenError, as the others do."""
        return _message_id(self._payload(_OPEN, token))

    def trapped(self, token: str) -> str:
        return _message_id(self._payload(_TRAP, token))

    def clicked(self, token: str) -> tuple[str, Link]:
        """The message id and the link of it."""
        try:
            click = _decode(self._payload(_CLICK, token))
        except msgspec.MsgspecError as error:
            raise InvalidTokenError("not a link of this release") from error
        return _message_id(click.message), Link(click.number, click.url, click.tags)

    def _payload(self, purpose: str, token: str) -> bytes:
        try:
            return unseal(self.secret, purpose, token)
        except ValueError as error:
            raise InvalidTokenError(str(error)) from error


def _message_id(packed: bytes) -> str:
    return unpack_message_id(packed)
