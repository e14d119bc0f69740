"""What arrives is signed, by the sender's domain and by the service, and dkimpy finds every signature good after the SMTP hop."""

import asyncio
import base64
import re
from collections.abc import Callable
from typing import Any

import pytest

from mailgauge.events.kinds import Kind
from mailgauge.mail.headers import first, split, values
from mailgauge.mailbox import store as mailbox
from mailgauge.mailbox.store import Captured
from mailgauge.ses import dkim, dkim_keys, identities, service_keys
from mailgauge.ses.dkim import Key
from mailgauge.ses.system_mail import system_mail
from mailgauge.store.transaction import Tx
from tests.mail.dkim_reader import verdicts
from tests.server.room import HERE, Room

SERVICE = "mailgauge.localhost"


class Zone:
    """The public keys of a room as DNS would show them."""

    def __init__(self, tx: Tx) -> None:
        self._records = {
            f"{each.selector}._domainkey.{SERVICE}.": dkim_keys.record(each.public, each.kind)
            for each in service_keys.find(tx)
        }
        for identity in identities.page(tx, HERE, "", 100):
            found = dkim.find(tx, identity)
            for key in found.keys if found else ():
                name = f"{key.selector}._domainkey.{identity.name}."
                self._records[name] = dkim_keys.record(key.public)

    def look_up(self, name: bytes, timeout: float = 5) -> bytes | None:
        found = self._records.get(name.decode())
        return None if found is None else found.encode()


async def arrived(room: Room) -> list[Captured]:
    await room.until_delivered()
    return await room.storage.mail.read(mailbox.messages)


async def readings(room: Room, message: bytes) -> list[tuple[str, bool]]:
    """For each signature the domain, and whether it is good."""
    zone = await room.storage.mail.read(Zone)
    signatures = values(split(message).fields, "DKIM-Signature")
    domains = [re.search(r"d=([^;]+)", each)[1] for each in signatures]  # type: ignore[index] # they all have one
    return list(zip(domains, verdicts(message, zone.look_up), strict=True))


async def send(room: Room, source: str, **more: Any) -> None:
    content = {"Simple": {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "Hello.\n\nBye \n\n"}}}}
    parameters: dict[str, Any] = {
        "Content": content,
        "Destination": {"ToAddresses": ["to@example.net"]},
    } | more
    await room.call("sesv2", "SendEmail", FromEmailAddress=source, **parameters)


async def test_mail_of_a_domain_is_signed_by_it_and_then_by_the_service(room: Room) -> None:
    made = await room.call("sesv2", "CreateEmailIdentity", EmailIdentity="shop.example")
    assert made["DkimAttributes"]["Status"] == "SUCCESS"
    assert made["DkimAttributes"]["SigningEnabled"]
    await asyncio.gather(*(send(room, f"{n}@mail.shop.example") for n in range(3)))
    found = await arrived(room)
    assert len(found) == 3
    for each in found:
        assert await readings(room, each.content) == [
            ("shop.example", True), (SERVICE, True), (SERVICE, True)
        ]  # fmt: skip
    [key] = await room.storage.mail.read(keys_of("shop.example"))
    assert key.bits == 2048


def keys_of(name: str) -> Callable[[Tx], tuple[Key, ...]]:
    return lambda tx: dkim.get(tx, identities.get(tx, HERE, name)).keys


async def test_an_address_is_signed_for_by_its_domain_and_by_the_service_alone_without_one(
    room: Room,
) -> None:
    await send(room, "sender@example.com")
    await room.until_delivered()
    await room.call("sesv2", "CreateEmailIdentity", EmailIdentity="example.com")
    await send(room, "sender@example.com")
    await room.until_delivered()
    await room.call("ses", "SetIdentityDkimEnabled", Identity="sender@example.com", DkimEnabled=False)
    await send(room, "sender@example.com")
    found = [[domain for domain, _ in await readings(room, each.content)] for each in await arrived(room)]
    assert sorted(found, key=len) == [[SERVICE] * 2, [SERVICE] * 2, ["example.com", *[SERVICE] * 2]]


@pytest.mark.parametrize("bits", [1024, 2048])
async def test_a_key_that_was_brought_signs(room: Room, bits: int) -> None:
    pair = dkim_keys.generate(bits)
    made = await room.call(
        "sesv2",
        "CreateEmailIdentity",
        EmailIdentity="own.example",
        DkimSigningAttributes={
            "DomainSigningSelector": "mine",
            "DomainSigningPrivateKey": base64.b64encode(pair.private).decode(),
        },
    )
    assert made["DkimAttributes"]["Status"] == "SUCCESS"
    await send(room, "a@own.example")
    [message] = await arrived(room)
    assert "s=mine;" in (first(split(message.content).fields, "DKIM-Signature") or "")
    assert (await readings(room, message.content))[0] == ("own.example", True)


async def test_a_signature_of_the_senders_own_is_left_as_it_is(room: Room) -> None:
    own = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=own; h=from; bh=x; b=y\r\n"
    raw = own + b"From: sender@example.com\r\nTo: to@example.net\r\n\r\nZ\xc3\xbcrich\r\n"
    await send(room, "sender@example.com", Content={"Raw": {"Data": raw}})
    [message] = await arrived(room)
    assert own in message.content
    assert message.content.endswith(b"\r\n\r\nZ\xc3\xbcrich\r\n")
    assert [good for _, good in await readings(room, message.content)] == [True, True, False]


async def test_eight_bit_mail_is_signed_as_seven_bits(room: Room) -> None:
    raw = "From: sender@example.com\r\nTo: to@example.net\r\n\r\nGrüße aus Zürich und von allen Seen\r\n".encode()
    await send(room, "sender@example.com", Content={"Raw": {"Data": raw}})
    [message] = await arrived(room)
    assert message.content.isascii()
    assert message.content.endswith(b"\r\n\r\nGr=C3=BC=C3=9Fe aus Z=C3=BCrich und von allen Seen\r\n")
    assert [good for _, good in await readings(room, message.content)] == [True, True]


async def test_unsubscribe_links_and_the_feedback_id_are_signed_for(room: Room) -> None:
    await room.call("sesv2", "CreateEmailIdentity", EmailIdentity="shop.example")
    await room.call("sesv2", "CreateContactList", ContactListName="news")
    await send(
        room,
        "a@shop.example",
        ListManagementOptions={"ContactListName": "news"},
        EmailTags=[{"Name": "ses:feedback-id-a", "Value": "spring"}],
    )
    [message] = await arrived(room)
    fields = split(message.content).fields
    for signature in values(fields, "DKIM-Signature"):
        for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"):
            assert name in re.split(r"[:;= ]+", signature)
    assert first(fields, "Feedback-ID") == "spring::111122223333:Mailgauge"
    assert [good for _, good in await readings(room, message.content)] == [True] * 3


async def test_bounces_come_back_to_a_mail_from_domain_once_it_is_proven(room: Room) -> None:
    await room.call("sesv2", "CreateEmailIdentity", EmailIdentity="shop.example")
    await room.call(
        "sesv2",
        "PutEmailIdentityMailFromAttributes",
        EmailIdentity="shop.example",
        MailFromDomain="b.shop.example",
    )
    await send(room, "a@shop.example")
    [message] = await arrived(room)
    assert message.mail_from.endswith("@b.shop.example")
    assert message.message_id
    await send(room, "a@shop.example", Destination={"ToAddresses": ["complaint@simulator.amazonses.com"]})
    await room.until(lambda tx: tx.run("SELECT 1 FROM journal WHERE kind = ?", (Kind.COMPLAINT,)))


async def test_mail_of_the_service_itself_is_signed_by_it(room: Room) -> None:
    send_mail = system_mail(room.clock, "Mailgauge", SERVICE, lambda: None)
    await room.storage.mail.write(lambda tx: send_mail(tx, HERE, "to@example.net", "Confirm", "Open this."))
    [message] = await arrived(room)
    assert await readings(room, message.content) == [(SERVICE, True)] * 2


async def test_a_message_as_large_as_may_be_is_signed(room: Room) -> None:
    line = b"many  words\tand a blank at the end \r\n"
    raw = b"From: sender@example.com\r\nTo: to@example.net\r\n\r\n" + line * (5_000_000 // len(line))
    await send(room, "sender@example.com", Content={"Raw": {"Data": raw}})
    [message] = await arrived(room)
    assert [good for _, good in await readings(room, message.content)] == [True, True]


async def test_without_a_proof_bounces_come_back_to_the_service(room: Room) -> None:
    await room.call("sesv2", "CreateEmailIdentity", EmailIdentity="shop.example")
    await room.call(
        "sesv2",
        "PutEmailIdentityMailFromAttributes",
        EmailIdentity="shop.example",
        MailFromDomain="b.shop.example",
    )
    await room.storage.mail.write(lambda tx: tx.run("UPDATE identity_mail_from SET status = 'PENDING'"))
    await send(room, "a@shop.example")
    [message] = await arrived(room)
    assert message.mail_from.endswith(f"@{SERVICE}")
