"""Attachments and archives, looked through for the EICAR test file."""

import io
import zipfile

from mailgauge.scan.eicar import EICAR, is_eicar


def _zipped(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a"), content)
    return target.getvalue()


HEAD = b"Content-Type: application/zip; name=a.zip\r\n\r\n"
IN_BASE64 = (
    b"Content-Transfer-Encoding: base64\r\n\r\nWDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJE\r\n"
)
SEEDS = (
    EICAR,
    IN_BASE64,
    HEAD + _zipped(b"harmless"),
    HEAD + _zipped(_zipped(EICAR)),
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nX5O!P%=\r\n=40AP",
)


def one_input(data: bytes) -> None:
    is_eicar(data)
    is_eicar(HEAD + b"PK\x03\x04" + data)
