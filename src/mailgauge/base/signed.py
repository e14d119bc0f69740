"""Small signed texts: links and cookies that carry what they say, so that nothing is kept about them. Nothing in them is secret.

Who makes them of JSON decides what they say and how long it counts; ``purpose`` keeps one kind from passing as another.
"""

import hmac

from mailgauge.base.base64url import from_text, to_text

_TAG_BYTES = 16


def seal(secret: bytes, purpose: str, payload: bytes) -> str:
    """The payload and its signature, as text that can stand in a URL or a cookie."""
    return to_text(_tag(secret, purpose, payload) + payload)


def unseal(secret: bytes, purpose: str, token: str) -> bytes:
    """The payload. Raises ValueError for what was not sealed with this secret for this purpose."""
    signed = from_text(token)
    tag, payload = signed[:_TAG_BYTES], signed[_TAG_BYTES:]
    if not secret or not hmac.compare_digest(tag, _tag(secret, purpose, payload)):
        raise ValueError("not signed here")
    return payload


def _tag(secret: bytes, purpose: str, payload: bytes) -> bytes:
    return hmac.digest(secret, purpose.encode() + b"\x00" + payload, "sha256")[:_TAG_BYTES]
