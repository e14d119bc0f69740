"""What SES refuses of a message's parts: types of files that act when they are opened, and too many parts. Pure.

Source: "Unsupported attachment types" and "Service quotas" in the SES developer guide.
"""

import re
from collections.abc import Iterator

from mailgauge.mail import content_fields
from mailgauge.mail.headers import split
from mailgauge.mail.leaves import leaves
from mailgauge.mail.mime import SimpleMessage
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.limits import Limits

FORBIDDEN_EXTENSIONS = frozenset(
    [
        "ade",
        "adp",
        "app",
        "asp",
        "bas",
        "bat",
        "cer",
        "chm",
        "cmd",
        "com",
        "cpl",
        "crt",
        "csh",
        "der",
        "exe",
        "fxp",
        "gadget",
        "hlp",
        "hta",
        "inf",
        "ins",
        "isp",
        "its",
        "js",
        "jse",
        "ksh",
        "lib",
        "lnk",
        "mad",
        "maf",
        "mag",
        "mam",
        "maq",
        "mar",
        "mas",
        "mat",
        "mau",
        "mav",
        "maw",
        "mda",
        "mdb",
        "mde",
        "mdt",
        "mdw",
        "mdz",
        "msc",
        "msh",
        "msh1",
        "msh2",
        "mshxml",
        "msh1xml",
        "msh2xml",
        "msi",
        "msp",
        "mst",
        "ops",
        "pcd",
        "pif",
        "plg",
        "prf",
        "prg",
        "reg",
        "scf",
        "scr",
        "sct",
        "shb",
        "shs",
        "sys",
        "ps1",
        "ps1xml",
        "ps2",
        "ps2xml",
        "psc1",
        "psc2",
        "tmp",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vps",
        "vsmacros",
        "vss",
        "vst",
        "vsw",
        "vxd",
        "ws",
        "wsc",
        "wsf",
        "wsh",
        "xnk",
    ]
)

_FIRST_FIELD = re.compile(rb"(?i:Content-(?:Type|Disposition):)[^\n]*(?:\n[ \t][^\n]*)*")
# It begins with a character that is always the same: then a search takes 4 ms in 10 MB, not 100.
_FIELD = re.compile(rb"\n" + _FIRST_FIELD.pattern)


def check(content: SimpleMessage | bytes, limits: Limits) -> None:
    """Raises InvalidParameterError."""
    if isinstance(content, bytes):
        _check_raw(content, limits)
        return
    _check_count(
        len(content.attachments) + sum(part is not None for part in (content.text, content.html)), limits
    )
    for attachment in content.attachments:
        _check_name(attachment.filename)


def _check_raw(content: bytes, limits: Limits) -> None:
    """Looks closely only where a glance finds something: parsing a large message takes long."""
    many = content.count(b"\n--") > limits.mime_parts
    if not many and not any(_is_suspect(found) for found in _fields(content)):
        return
    parts = list(leaves(content, limits.mime_parts + 1))
    _check_count(len(parts), limits)
    for part in parts:
        _check_name(part.filename or "")


def _fields(content: bytes) -> Iterator[bytes]:
    """What looks like a field that may name a file, anywhere."""
    if first := _FIRST_FIELD.match(content):
        yield first[0]
    yield from (found[0] for found in _FIELD.finditer(content))


def _is_suspect(field: bytes) -> bool:
    if b"name" not in field.lower():
        return False
    header = content_fields.header(split(field.lstrip()).fields)
    return _is_forbidden(content_fields.filename(header) or "")


def _check_count(parts: int, limits: Limits) -> None:
    if parts > limits.mime_parts:
        raise InvalidParameterError(f"MIME part count exceeds {limits.mime_parts}.")


def _check_name(filename: str) -> None:
    if _is_forbidden(filename):
        raise InvalidParameterError(f"Illegal filename '{filename}'.")


def _is_forbidden(filename: str) -> bool:
    _, dot, extension = filename.strip().rpartition(".")
    return bool(dot) and extension.lower() in FORBIDDEN_EXTENSIONS
