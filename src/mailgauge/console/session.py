"""Sessions as signed cookies: nothing is kept here, and nothing in a cookie is secret. Pure.

A session names the key, so a disabled key ends its sessions; changing the signing secret ends all of them.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

import orjson

from mailgauge.base.base64url import from_text, to_text

COOKIE = "mailgauge_console"
LASTS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    access_key_id: str
    region: str
    expires: int
    """Seconds since the epoch, real time."""


class SessionSigner:
    """Turns sessions into cookie values and back."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("a session secret has at least 32 bytes")
        self._secret = secret

    def seal(self, session: Session) -> str:
        payload = to_text(orjson.dumps([session.access_key_id, session.region, session.expires]))
        return f"{payload}.{self._signature(payload)}"

    def open(self, cookie: str, now: float) -> Session | None:
        """The session, or None when it is over or was not made here."""
        payload, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(payload).encode()):
            return None
        access_key_id, region, expires = orjson.loads(from_text(payload))
        return Session(access_key_id, region, expires) if now < expires else None

    def _signature(self, payload: str) -> str:
        return to_text(hmac.digest(self._secret, b"console-session\x00" + payload.encode(), sha256))
