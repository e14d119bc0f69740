"""The links by which people unsubscribe: what one says, and the signature that keeps anybody from making one up."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.base.signed import seal, unseal

PATH = "/_unsubscribe"
_PURPOSE = "unsubscribe"


class InvalidLinkError(Exception):
    """A link that this service did not make; the text is for the person who opened it."""


class Claim(msgspec.Struct, array_like=True, frozen=True):
    """Who got which message of which list. It has no end: people unsubscribe from old mail."""

    scope_key: str
    contact_list: str
    topic: str | None
    address: str
    message_id: str

    @property
    def scope(self) -> Scope:
        return Scope.from_key(self.scope_key)


@dataclass(frozen=True, slots=True)
class Links:
    """``address`` gives the base of the links (``https://mail.example.com``), asked late since ports may be chosen late."""

    secret: bytes
    address: Callable[[], str]

    def url(self, claim: Claim) -> str:
        token = seal(self.secret, _PURPOSE, msgspec.json.encode(claim))
        return f"{self.address().rstrip('/')}{PATH}/{token}"

    def claim(self, token: str) -> Claim:
        """What the last part of a link's path says. Raises InvalidLinkError."""
        try:
            payload = unseal(self.secret, _PURPOSE, token)
        except ValueError as error:
            raise InvalidLinkError("This link is not complete.") from error
        return msgspec.json.decode(payload, type=Claim)
