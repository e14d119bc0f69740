"""Recognises the EICAR test file in a message, so that a Reject can be tried without a scanner. Pure; it finds no viruses.

The file is 68 given bytes and white space (eicar.org, "Anti Malware Testfile"). Mail that only talks of it must pass:
an attachment has to begin with these bytes, a text or header field has to be nothing else.
"""

import binascii
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from mailgauge.mail.headers import split
from mailgauge.mail.leaves import Leaf, leaves

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

# In two, so that nobody's scanner takes this file for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NAME = "EICAR-Test-File"

_BLANK = b" \t\r\n\x1a\0"
_BOM = b"\xef\xbb\xbf"
# How the file, or a zip archive, begins in each transfer encoding. Mail without any of these holds neither.
_BEGINNINGS = (EICAR[:3], b"WDVP", b"PK\x03\x04", b"PK=03=04", b"UEsDB")
# More than the file takes up in any transfer encoding, folded at any width.
_HEAD = 1024
_ZIP = b"PK\x03\x04"
_LARGEST_ZIP = 262_144
_ZIP_DEPTH = 2
_UNPACKED = 4_000_000
"""Bytes that are unpacked for one message, so that an archive that is a bomb costs no more than this."""


def is_eicar(raw: bytes) -> bool:
    """Whether the message carries the test file: as its text, attached, in an attached message or zip archive."""
    if not any(beginning in raw for beginning in _BEGINNINGS):
        return False
    unpacking = _Unpacking(_UNPACKED)
    return _in_header(raw) or any(_in_leaf(leaf, unpacking) for leaf in leaves(raw))


@dataclass(slots=True)
class _Unpacking:
    """How many bytes may still be unpacked."""

    left: int

    def in_zip(self, content: bytes, depth: int = 1) -> bool:
        import zipfile

        if len(content) > _LARGEST_ZIP or self.left <= 0:
            return False
        try:
            with zipfile.ZipFile(BytesIO(content)) as archive:
                return any(self._in_entry(archive, each, depth) for each in archive.infolist())
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError):
            return False  # broken, encrypted, or packed in a way that is not unpacked here

    def _in_entry(self, archive: "ZipFile", entry: "ZipInfo", depth: int) -> bool:
        # An entry costs something even when it is empty.
        self.left -= 1000
        if self.left <= 0 or entry.compress_type not in {0, 8}:  # neither stored nor deflated
            return False
        with archive.open(entry) as file:
            content = file.read(_HEAD)
            if content.startswith(_ZIP) and depth < _ZIP_DEPTH:
                content += file.read(min(_LARGEST_ZIP, self.left))
        self.left -= len(content)
        if content.startswith(_ZIP):
            return depth < _ZIP_DEPTH and self.in_zip(content, depth + 1)
        return content.lstrip(_BLANK).startswith(EICAR)


def _in_header(raw: bytes) -> bool:
    text = EICAR.decode("ascii")
    return EICAR in raw and any(field.value == text for field in split(raw).fields)


def _in_leaf(leaf: Leaf, unpacking: _Unpacking) -> bool:
    head = _decoded(leaf, _HEAD).removeprefix(_BOM).lstrip(_BLANK)
    if head.startswith(EICAR):
        return leaf.is_attachment or (len(leaf) <= _HEAD and not head[len(EICAR) :].strip(_BLANK))
    # Base64 takes four bytes for three, and line ends.
    is_small = len(leaf) <= _LARGEST_ZIP * 3 // 2
    return head.startswith(_ZIP) and is_small and unpacking.in_zip(_decoded(leaf))


def _decoded(leaf: Leaf, limit: int | None = None) -> bytes:
    body = leaf.body(limit)
    if leaf.encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if leaf.encoding != "base64":
        return body
    digits = body.translate(None, b"\r\n\t ")
    try:
        return binascii.a2b_base64(digits[: len(digits) // 4 * 4])
    except binascii.Error:
        return b""
