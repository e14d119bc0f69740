"""The EICAR test file is recognised wherever a scanner would find it, and mail that only talks of it passes."""

import base64
import io
import time
import zipfile
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.scan.eicar import EICAR, is_eicar

TEXT = EICAR.decode()


def mail(text: str = "See the attachment.") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "Hello"
    message.set_content(text)
    return message


def attached(
    content: bytes, name: str = "eicar.com", maintype: str = "application", subtype: str = "octet-stream"
) -> bytes:
    message = mail()
    message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes()


def zipped(content: bytes, name: str = "eicar.com", how: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", how) as archive:
        archive.writestr("readme.txt", "Nothing here.")
        archive.writestr(name, content)
    return target.getvalue()


def single(body: bytes, encoding: str) -> bytes:
    head = f"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + body


def mixed(*parts: MIMEText | MIMEApplication | MIMEMessage) -> bytes:
    message = MIMEMultipart()
    for part in parts:
        message.attach(part)
    return message.as_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        mail(TEXT).as_bytes(),
        single(EICAR, "7bit"),
        single(b"\r\n" + EICAR + b"\r\n\r\n", "8bit"),
        single(base64.b64encode(EICAR), "base64"),
        single(b"\r\n".join([base64.b64encode(EICAR)[n : n + 20] for n in range(0, 92, 20)]), "BASE64"),
        single(EICAR[:30] + b"=\r\n" + EICAR[30:], "quoted-printable"),
        single(EICAR.replace(b"@", b"=40").replace(b"[", b"=5B"), "quoted-printable"),
        attached(EICAR),
        attached(EICAR + b"\r\n" + b" " * 50),
        attached(EICAR + b" and more, as some programs write it"),
        attached(TEXT.encode(), "eicar.txt", "text", "plain"),
        mixed(MIMEText("Look:"), MIMEText(TEXT)),
        mixed(MIMEText("Look:"), MIMEMessage(mail(TEXT))),
        mixed(MIMEMessage(MIMEText("empty")), MIMEApplication(EICAR)),
        attached(zipped(EICAR), "eicar.zip", "application", "zip"),
        attached(zipped(EICAR, how=zipfile.ZIP_STORED), "eicar.zip"),
        attached(zipped(zipped(EICAR), "inner.zip"), "outer.zip"),
        f"From: a@example.com\r\nSubject: {TEXT}\r\n\r\nHello.\r\n".encode(),
    ],
    ids=[
        "text",
        "7bit",
        "blank lines",
        "base64",
        "base64 in short lines",
        "soft line break",
        "escapes",
        "attached",
        "attached with blanks",
        "attached with more",
        "text attachment",
        "second text",
        "attached message",
        "attachment beside a message",
        "zip",
        "stored zip",
        "zip in a zip",
        "subject",
    ],
)
def test_the_test_file_is_recognised(raw: bytes) -> None:
    assert is_eicar(raw)
    assert is_eicar(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    "raw",
    [
        mail(f"The EICAR test file is\n\n{TEXT}\n\nand scanners find it.").as_bytes(),
        mail(f"{TEXT} is what scanners find.").as_bytes(),
        mail(f"> {TEXT}").as_bytes(),
        attached(f"# How to test\n{TEXT}\n".encode(), "readme.md", "text", "markdown"),
        attached(zipped(b"the string is " + EICAR)),
        attached(zipped(zipped(zipped(EICAR)))),
        f"From: a@example.com\r\nSubject: what is {TEXT}?\r\n\r\nHello.\r\n".encode(),
        b"",
        b"\r\n\r\n",
        attached(EICAR[:-1]),
    ],
    ids=[
        "quoted",
        "at the start of a text",
        "reply",
        "document",
        "zipped document",
        "three deep",
        "subject",
        "empty",
        "blank",
        "short of a byte",
    ],
)
def test_mail_that_only_talks_of_it_passes(raw: bytes) -> None:
    assert not is_eicar(raw)


def test_a_zip_bomb_costs_little() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(200):
            archive.writestr(f"{number}.zip", b"PK\x03\x04" + b"\0" * 1_000_000)
    parts = [MIMEApplication(bomb.getvalue()[:250_000]) for _ in range(20)]
    raw = mixed(MIMEText("Boom"), *parts)
    begun = time.process_time()
    assert not is_eicar(raw)
    assert time.process_time() - begun < 2


def test_a_message_of_many_parts_is_read_in_time_that_grows_with_its_length() -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" for _ in range(20_000))
    begun = time.process_time()
    assert not is_eicar(nested + b"PK\x03\x04" + b"--x\r\n" * 100_000)
    assert time.process_time() - begun < 2


def test_ordinary_mail_costs_microseconds() -> None:
    raw = mail("Grüße aus der Ferne. " * 200).as_bytes()
    begun = time.process_time()
    for _ in range(1000):
        assert not is_eicar(raw)
    assert time.process_time() - begun < 1


@given(st.binary(max_size=600))
def test_nothing_can_break_it(noise: bytes) -> None:
    for raw in (noise, b"PK\x03\x04" + noise, attached(b"PK\x03\x04" + noise), single(noise, "base64")):
        is_eicar(raw)


@given(st.binary(min_size=1, max_size=30), st.integers(0, 400))
def test_a_damaged_archive_is_none(noise: bytes, at: int) -> None:
    whole = zipped(b"harmless")
    is_eicar(attached(whole[:at] + noise + whole[at + len(noise) :]))
