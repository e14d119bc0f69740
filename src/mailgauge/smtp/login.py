"""SASL PLAIN and LOGIN as dialogues (RFC 4616, RFC 4954). It checks no credentials, it only collects them."""

import binascii
from base64 import b64decode
from typing import Any

_CANT_DECODE = "501 5.5.2 Can't decode base64"


async def plain(server: Any, args: list[str]) -> tuple[str, str] | None:
    """User name and password, or None when the refusal has already been sent."""
    answer = await _answer(server, args, "")
    if answer is None:
        return None
    parts = answer.split("\0")
    if len(parts) != 3:
        await server.push("501 5.5.2 Can't split auth value")
        return None
    return parts[1], parts[2]


async def login(server: Any, args: list[str]) -> tuple[str, str] | None:
    """The same in two questions, whose texts clients know by heart."""
    name = await _answer(server, args, "Username:")
    password = await _answer(server, [], "Password:") if name is not None else None
    return (name, password) if name is not None and password is not None else None


async def _answer(server: Any, args: list[str], challenge: str) -> str | None:
    if len(args) < 2:
        answer = await server.challenge_auth(challenge)
        # aiosmtpd has told the client already when it isn't bytes.
        return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else None
    # "=" stands for an empty initial response.
    try:
        return b64decode(args[1].removeprefix("="), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        await server.push(_CANT_DECODE)
        return None
