"""Letters to the operator: queued as mail of the service, with the letter as it came, before the 250."""

from email import message_from_bytes
from email.header import decode_header, make_header

from mailgauge.base.tasks import Wake
from mailgauge.mailbox import store as mailbox
from mailgauge.server.letters import forward
from mailgauge.smtp.server import Envelope
from tests.server.room import Room

OPERATOR = "me@example.net"


async def handed_on(room: Room, envelope: Envelope) -> bytes:
    """What the operator gets."""
    await forward(room.storage.mail, room.clock, "mail.example.com", OPERATOR, Wake())(envelope)
    await room.until_delivered()
    [captured] = await room.storage.mail.read(mailbox.messages)
    assert captured.recipients == (OPERATOR,)
    return captured.content


async def test_the_operator_gets_the_letter_as_it_came(room: Room) -> None:
    letter = (
        "From: joe@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nIch möchte ...\r\n".encode()
    )
    envelope = Envelope(
        "joe@example.org", "192.0.2.7", recipients=["postmaster@mail.example.com"], content=letter
    )
    found = message_from_bytes(await handed_on(room, envelope))
    assert found["From"] == "Mail Delivery System <MAILER-DAEMON@mail.example.com>"
    subject = str(make_header(decode_header(found["Subject"])))
    assert subject == "Letter to postmaster@mail.example.com: Grüße"
    [attached] = [part for part in found.walk() if part.get_filename() == "letter.eml"]
    assert attached.get_payload(decode=True) == letter


async def test_no_letter_brings_fields_of_its_own(room: Room) -> None:
    letter = b"Subject: =?utf-8?q?a=0D=0AX-Injected:_yes?=\r\n\r\nhello\r\n"
    envelope = Envelope("", "192.0.2.7", recipients=["abuse@mail.example.com"], content=letter)
    assert b"\nX-Injected" not in await handed_on(room, envelope)
