"""How scenarios submit mail by SMTP: connections of the standard library's client, and what it was told."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.scenarios.service import Service


def trusting() -> ssl.SSLContext:
    """The service shows a certificate that it made itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def connected(service: Service, port: str = "smtp", address: str = "") -> Iterator[smtplib.SMTP]:
    """An encrypted connection to the port that the start line calls ``smtp`` or ``smtps``; nobody has logged in.

    ``address`` is one of several.
    """
    host, _, number = (address or service.addresses[port]).rpartition(":")
    if port == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL(host, int(number), context=trusting(), timeout=60)
    else:
        client = smtplib.SMTP(host, int(number), timeout=60)
    with client:
        if port == "smtp":
            client.starttls(context=trusting())
        client.ehlo()
        yield client


def send(client: smtplib.SMTP, sender: str, recipients: list[str], message: bytes) -> str:
    """The reply to the whole message, or the one that ended it before."""
    replies = [client.mail(sender), *(client.rcpt(each) for each in recipients)]
    code, text = next((each for each in replies if each[0] != 250), (0, b""))
    if not code:
        code, text = client.data(message)
    client.rset()
    return f"{code} {text.decode()}"


def message_id(reply: str) -> str:
    """Of an accepted message."""
    assert reply.startswith("250 Ok "), reply
    return reply.removeprefix("250 Ok ")
