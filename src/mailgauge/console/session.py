"""Sessions as signed cookies: nothing is kept here, and nothing in a cookie is secret. Pure.

A session names the key, so a disabled key ends its sessions; changing the signing secret ends all of them.
"""

from dataclasses import dataclass

import orjson

from mailgauge.base.signed import seal, unseal

COOKIE = "mailgauge_console"
LASTS = 12 * 3600
_PURPOSE = "console-session"


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
        payload = orjson.dumps([session.access_key_id, session.region, session.expires])
        return seal(self._secret, _PURPOSE, payload)

    def open(self, cookie: str, now: float) -> Session | None:
        """The session, or None when it is over or was not made here."""
        try:
            payload = unseal(self._secret, _PURPOSE, cookie)
        except ValueError:
            return None
        access_key_id, region, expires = orjson.loads(payload)
        return Session(access_key_id, region, expires) if now < expires else None
