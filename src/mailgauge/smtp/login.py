"""SASL PLAIN and LOGIN as dialogues (RFC 4616, RFC 4954). It checks no credentials, it only collects them."""

import binascii
from base64 import b64decode
from collections.abc import Awaitable, Callable

Ask = Callable[[str], Awaitable[bytes]]
"""Sends a challenge, which is in base64, and returns the line that answers it."""

MECHANISMS = ("PLAIN", "LOGIN")
# "Username:" and "Password:", which clients know by heart in this form.
_USERNAME = "VXNlcm5hbWU6"
_PASSWORD = "UGFzc3dvcmQ6"


class LoginError(Exception):
    """The dialogue came to nothing; the text is the reply."""


async def credentials(mechanism: str, initial: str | None, ask: Ask) -> tuple[str, str]:
    """User name and password. ``initial`` is what came along with the command. Raises LoginError."""
    if mechanism == "PLAIN":
        return _plain(await _first(initial, "", ask))
    name = await _first(initial, _USERNAME, ask)
    return name, _decoded(await ask(_PASSWORD))


def _plain(text: str) -> tuple[str, str]:
    parts = text.split("\0")
    if len(parts) != 3:
        raise LoginError("501 5.5.2 Can't split the credentials")
    # Whom to act for, in front, is nobody else but who logs in.
    return parts[1], parts[2]


async def _first(initial: str | None, challenge: str, ask: Ask) -> str:
    if initial is None:
        return _decoded(await ask(challenge))
    # "=" stands for an initial response that is empty.
    return _decoded(b"" if initial == "=" else initial.encode("ascii", "replace"))


def _decoded(line: bytes) -> str:
    if line == b"*":
        raise LoginError("501 5.7.0 Authentication cancelled")
    try:
        return b64decode(line, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise LoginError("501 5.5.2 Can't decode base64") from None
