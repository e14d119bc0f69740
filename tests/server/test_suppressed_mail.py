"""Mail to addresses on the account's suppression list: accepted, never delivered, and every recipient accounted for."""

from typing import Any

from mailgauge.events import journal
from mailgauge.events.document import document
from tests.server.room import SET, Room


async def suppress(room: Room, address: str, reason: str) -> None:
    await room.call("sesv2", "PutSuppressedDestination", EmailAddress=address, Reason=reason)


async def events(room: Room, message_id: str) -> dict[str, list[dict[str, Any]]]:
    """The documents of a message by type."""
    found: dict[str, list[dict[str, Any]]] = {}
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    facts = (await room.storage.mail.read(lambda tx: journal.get_facts(tx, [message_id])))[message_id]
    for entry in entries:
        event = document(entry, facts)
        found.setdefault(event["eventType"], []).append(event)
    return found


async def test_others_of_the_message_still_get_it(room: Room) -> None:
    await suppress(room, "Bounced@example.net", "BOUNCE")
    await suppress(room, "complained@example.net", "COMPLAINT")
    message_id = await room.send("bounced@example.net", "complained@example.net", "fine@example.net")
    await room.settle()
    seen = await events(room, message_id)
    assert set(seen) == {"Send", "Bounce", "Complaint", "Delivery"}
    [bounce], [complaint], [delivery] = seen["Bounce"], seen["Complaint"], seen["Delivery"]
    assert bounce["bounce"]["bounceType"] == "Permanent"
    assert bounce["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert [each["emailAddress"] for each in bounce["bounce"]["bouncedRecipients"]] == ["bounced@example.net"]
    assert complaint["complaint"]["complaintSubType"] == "OnAccountSuppressionList"
    assert complaint["complaint"]["complainedRecipients"] == [{"emailAddress": "complained@example.net"}]
    assert complaint["complaint"]["feedbackId"]
    assert delivery["delivery"]["recipients"] == ["fine@example.net"]
    assert len(bounce["mail"]["destination"]) == 3
    assert room.audit().differences == []


async def test_a_message_to_nobody_else_ends_there(room: Room) -> None:
    await suppress(room, "complained@example.net", "COMPLAINT")
    message_id = await room.send("complained@example.net")
    await room.settle()
    assert set(await events(room, message_id)) == {"Send", "Complaint"}
    assert room.audit().differences == []
    quota = await room.call("ses", "GetSendQuota")
    assert quota["SentLast24Hours"] == 1.0


async def test_a_set_that_suppresses_for_nothing_delivers(room: Room) -> None:
    await suppress(room, "bounced@example.net", "BOUNCE")
    await room.call(
        "sesv2", "PutConfigurationSetSuppressionOptions", ConfigurationSetName=SET, SuppressedReasons=[]
    )
    message_id = await room.send("bounced@example.net")
    await room.settle()
    assert set(await events(room, message_id)) == {"Send", "Delivery"}
