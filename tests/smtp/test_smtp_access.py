"""Submission at the server: TLS before a login, a login before mail, and no hints for those who guess."""

import asyncio
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from mailgauge.smtp.server import Access, Envelope, SmtpServer
from tests.smtp.talking import HELLO, MAIL, RCPT, Recording, serving, talking

TlsPair = Callable[[str], tuple[ssl.SSLContext, ssl.SSLContext]]

RIGHT = b64encode(b"\0me\0right").decode()
WRONG = b64encode(b"\0me\0wrong").decode()
EXTENSIONS = "8BITMIME\n250-SIZE 41943040\n250-PIPELINING\n250-"


async def authenticate(name: str, password: str, peer: str) -> Any:
    if password == "broken":
        raise RuntimeError("secret detail")
    return f"{name} from {peer}" if password == "right" else None


class Setting:
    """A server of each kind of port, and what both took."""

    def __init__(self, tls_pair: TlsPair) -> None:
        server_tls, self.tls = tls_pair("localhost")
        self.handler = Recording()

        def server(*, implicit: bool) -> SmtpServer:
            access = Access(server_tls, authenticate, implicit_tls=implicit)
            return SmtpServer(self.handler, hostname="mx.example.com", access=access)

        self.starttls, self.implicit = server(implicit=False), server(implicit=True)


@pytest.fixture
def setting(tls_pair: TlsPair) -> Setting:
    return Setting(tls_pair)


def submit(port: int, context: ssl.SSLContext, password: str, *, implicit: bool) -> None:
    """What a mail program does, with the standard library's client."""
    if implicit:
        client: smtplib.SMTP = smtplib.SMTP_SSL("localhost", port, context=context)
    else:
        client = smtplib.SMTP("localhost", port)
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=context)
    with client:
        client.login("me", password)
        client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\nhello\r\n")


@pytest.mark.parametrize("implicit", [True, False])
async def test_a_mail_program_submits_with_the_right_password_only(
    setting: Setting, *, implicit: bool
) -> None:
    async with serving(setting.implicit if implicit else setting.starttls) as port:
        await asyncio.to_thread(submit, port, setting.tls, "right", implicit=implicit)
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            await asyncio.to_thread(submit, port, setting.tls, "wrong", implicit=implicit)
        assert refused.value.smtp_code == 535
    [taken] = setting.handler.taken
    assert (taken.login, taken.tls_version) == ("me from 127.0.0.1", "TLSv1.3")


async def test_before_tls_there_is_nothing_but_tls(setting: Setting) -> None:
    async with serving(setting.starttls) as port, talking(port) as peer:
        assert await peer.say(HELLO) == f"250-mx.example.com\n250-{EXTENSIONS}STARTTLS\n250 Ok"
        for line in (f"AUTH PLAIN {RIGHT}", "AUTH LOGIN", MAIL, RCPT, "DATA", "RSET", "NONSENSE"):
            assert await peer.say(line) == "530 Must issue a STARTTLS command first"
        assert (await peer.say("STARTTLS now")).startswith("501")
        assert await peer.say("STARTTLS") == "220 Ready to start TLS"
        await peer.start_tls(setting.tls)
        assert await peer.say(MAIL) == "503 Send EHLO first"
        assert await peer.say(HELLO) == f"250-mx.example.com\n250-{EXTENSIONS}AUTH PLAIN LOGIN\n250 Ok"
        assert (await peer.say("STARTTLS")).startswith("503")


async def test_before_a_login_there_is_no_mail(setting: Setting) -> None:
    async with serving(setting.implicit) as port, talking(port, setting.tls) as peer:
        assert await peer.say(f"AUTH PLAIN {RIGHT}") == "503 Send EHLO first"
        await peer.say(HELLO)
        for _ in range(2):
            assert await peer.say(MAIL) == "530 Authentication required"
            assert (await peer.say(RCPT)).startswith("503")
            assert (await peer.say("DATA")).startswith("503")
            assert await peer.say("RSET") == "250 Ok"
        assert await peer.say(f"AUTH PLAIN {RIGHT}") == "235 Authentication successful."
        assert await peer.say(f"AUTH PLAIN {RIGHT}") == "503 Already authenticated"
        assert await peer.say("MAIL FROM:<a@example.com> AUTH=<>") == "250 Ok"
        await peer.each("RSET", HELLO)
        assert await peer.say(MAIL) == "250 Ok", "a login lasts as long as the connection"


@pytest.mark.parametrize(
    ("lines", "replies"),
    [
        ([f"AUTH PLAIN {RIGHT}"], ["235 Authentication successful."]),
        ([f"auth plain {RIGHT}"], ["235 Authentication successful."]),
        (["AUTH PLAIN", RIGHT], ["334 ", "235 Authentication successful."]),
        (
            ["AUTH LOGIN", b64encode(b"me").decode(), b64encode(b"right").decode()],
            ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 Authentication successful."],
        ),
        (
            [f"AUTH LOGIN {b64encode(b'me').decode()}", b64encode(b"right").decode()],
            ["334 UGFzc3dvcmQ6", "235 Authentication successful."],
        ),
        ([f"AUTH PLAIN {WRONG}"], ["535 Authentication Credentials Invalid"]),
        (["AUTH PLAIN ="], ["501 Can't split the credentials"]),
        (["AUTH PLAIN %%%"], ["501 Can't decode base64"]),
        (["AUTH PLAIN", "*"], ["334 ", "501 Authentication cancelled"]),
        (["AUTH LOGIN", "*"], ["334 VXNlcm5hbWU6", "501 Authentication cancelled"]),
        (["AUTH"], ["504 Unrecognized authentication type"]),
        (["AUTH CRAM-MD5"], ["504 Unrecognized authentication type"]),
        (
            ["AUTH PLAIN " + b64encode(b"\0me\0broken").decode()],
            ["454 Temporary authentication failure"],
        ),
        (
            ["AUTH PLAIN " + b64encode(b"\xff\0\xff\0\xff").decode()],
            ["535 Authentication Credentials Invalid"],
        ),
        (["AUTH PLAIN " + "A" * 5000], ["500 Line too long"]),
    ],
)
async def test_a_login_is_a_dialogue(setting: Setting, lines: list[str], replies: list[str]) -> None:
    async with serving(setting.implicit) as port, talking(port, setting.tls) as peer:
        await peer.say(HELLO)
        assert await peer.each(*lines) == replies


async def test_who_guesses_is_sent_away(setting: Setting) -> None:
    async with serving(setting.implicit) as port, talking(port, setting.tls) as peer:
        await peer.say(HELLO)
        for _ in range(2):
            assert (await peer.say(f"AUTH PLAIN {WRONG}")).startswith("535")
        peer.throw(f"AUTH PLAIN {WRONG}\r\nAUTH PLAIN {RIGHT}\r\n".encode())
        assert await peer.rest() == "535 Authentication Credentials Invalid\r\n421 Too many failed logins\r\n"


async def test_the_handler_is_asked_about_the_sender_before_recipients(
    setting: Setting, tls_pair: TlsPair
) -> None:
    async def on_mail(envelope: Envelope) -> str:
        return "250 Ok" if envelope.mail_from.startswith("a@") else f"553 <{envelope.mail_from}> no"

    server_tls, client_tls = tls_pair("localhost")
    access = Access(server_tls, authenticate, implicit_tls=True, on_mail=on_mail)
    async with serving(SmtpServer(setting.handler, access=access)) as port, talking(port, client_tls) as peer:
        await peer.each(HELLO, f"AUTH PLAIN {RIGHT}")
        assert await peer.say("MAIL FROM:<x@example.com>") == "553 <x@example.com> no"
        assert (await peer.say(RCPT)).startswith("503")
        assert await peer.each(MAIL, RCPT) == ["250 Ok", "250 Ok"]
