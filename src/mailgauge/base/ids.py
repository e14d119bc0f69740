"""Ids: SES message ids and request ids. A message id sorts by the time it was made.

Layout of a message id (recorded from Amazon SES): four hex digits for the Region, twelve for the milliseconds
since the epoch, a UUID, and ``000000``; 60 characters. Inside the store it is 24 bytes.
"""

import random
import uuid

# Codes seen in the field; a Region without a known code gets one out of its name, so that ids stay decodable.
_REGION_CODES = {"us-east-1": 0x0100, "us-west-2": 0x0101, "eu-west-1": 0x0102, "eu-central-1": 0x0107}
_TAIL = "-000000"


def _region_code(region: str) -> int:
    return _REGION_CODES.get(region) or 0x0200 | (sum(region.encode()) & 0xFF)


def new_message_id(region: str, now: float) -> str:
    """A fresh SES message id (also used for feedback ids) for something that happened at ``now`` seconds."""
    return f"{_region_code(region):04x}{int(now * 1000):012x}-{uuid.uuid4()}{_TAIL}"


def pack_message_id(message_id: str) -> bytes:
    """The 24 bytes kept in the store. Raises ValueError for anything that is not a message id."""
    if len(message_id) != 60 or not message_id.endswith(_TAIL) or message_id[16] != "-":
        raise ValueError(f"not a message id: {message_id!r}")
    packed = bytes.fromhex(message_id[:16] + message_id[17:53].replace("-", ""))
    if len(packed) != 24 or unpack_message_id(packed) != message_id.lower():
        raise ValueError(f"not a message id: {message_id!r}")
    return packed


def unpack_message_id(packed: bytes) -> str:
    text = packed.hex()
    uid = text[16:]
    return f"{text[:16]}-{uid[:8]}-{uid[8:12]}-{uid[12:16]}-{uid[16:20]}-{uid[20:]}{_TAIL}"


def new_request_id() -> str:
    """Names a request to whoever reads the log, and need not be hard to guess.

    Asking the system for randomness gives up the interpreter's lock, which a busy process gets back only after a while.
    """
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
