"""Base64 for URLs without padding (RFC 4648 section 5): how tokens, links and cookies carry bytes."""

import base64


def to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Raises ValueError for what can't be decoded."""
    if "+" in text or "/" in text:  # Python takes these two along with those that stand for them
        raise ValueError("not in the alphabet for URLs")
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
