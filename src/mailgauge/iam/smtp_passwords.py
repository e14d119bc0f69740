"""SMTP passwords of access keys, one for each Region ("Obtaining Amazon SES SMTP credentials"). Pure.

An SMTP user name is an access key id; its password follows from the secret, so nothing more is kept, and which Region a
login is for follows from the password it brings.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence

# What is signed, one in the next one's key; the Region comes behind the date, which is fixed.
_DATE = "11111111"
_REST = ("ses", "aws4_request", "SendRawEmail")
_VERSION = b"\x04"
_MOST_HELD = 10_000


def derive(secret: str, region: str) -> str:
    """The SMTP password of an access key in a Region."""
    signature = ("AWS4" + secret).encode()
    for part in (_DATE, region, *_REST):
        signature = hmac.digest(signature, part.encode(), "sha256")
    return b64encode(_VERSION + signature).decode("ascii")


class Passwords:
    """The passwords of keys in some Regions, derived at the first login of each key and held in memory."""

    def __init__(self, regions: Sequence[str]) -> None:
        self._regions = tuple(regions)
        self._held: dict[str, tuple[bytes, ...]] = {}

    def region_of(self, secret: str, password: str) -> str | None:
        """The Region this is the password for, or None. How long that takes says nothing about the password."""
        given = password.encode("utf-8", "replace")
        found = None
        for region, expected in zip(self._regions, self._of(secret), strict=True):
            if hmac.compare_digest(expected, given):
                found = region
        return found

    def _of(self, secret: str) -> tuple[bytes, ...]:
        held = self._held.get(secret)
        if held is None:
            held = tuple(derive(secret, region).encode() for region in self._regions)
            if len(self._held) >= _MOST_HELD:
                self._held.clear()
            self._held[secret] = held
        return held
