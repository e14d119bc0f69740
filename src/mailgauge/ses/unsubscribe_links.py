"""The links by which people unsubscribe: what one says, and the signature that keeps anybody from making one up."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from mailgauge.base.base64url import from_text, to_text
from mailgauge.base.scope import Scope

PATH = "/_unsubscribe"
_TAG_BYTES = 16


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
        payload = msgspec.json.encode(claim)
        return f"{self.address().rstrip('/')}{PATH}/{to_text(self._tag(payload) + payload)}"

    def claim(self, token: str) -> Claim:
        """What the last part of a link's path says. Raises InvalidLinkError."""
        try:
            signed = from_text(token)
        except ValueError as error:
            raise InvalidLinkError("This link is not complete.") from error
        tag, payload = signed[:_TAG_BYTES], signed[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(payload)):
            raise InvalidLinkError("This link is not complete.")
        return msgspec.json.decode(payload, type=Claim)

    def _tag(self, payload: bytes) -> bytes:
        return hmac.digest(self.secret, b"unsubscribe\x00" + payload, "sha256")[:_TAG_BYTES]
