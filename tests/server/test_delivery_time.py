"""How long mail is tried: as its configuration set says, else for the usual period."""

import pytest

from mailgauge.delivery.retry import RETRY_PERIOD
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import Kind
from mailgauge.ses import preparing
from tests.server.room import SET, Room


async def story(room: Room, message_id: str) -> list[Entry]:
    return await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))


async def delayed(room: Room) -> Entry:
    """A message whose first attempt failed for now."""
    message_id = await room.send("defer@simulator.amazonses.com")
    await room.until(lambda tx: len(journal.of_message(tx, message_id)) == 2)
    return (await story(room, message_id))[-1]


async def test_mail_is_given_up_after_the_seconds_that_its_set_allows(room: Room) -> None:
    await room.call(
        "sesv2", "PutConfigurationSetDeliveryOptions", ConfigurationSetName=SET, MaxDeliverySeconds=300
    )
    delay = await delayed(room)
    assert delay.kind is Kind.DELIVERY_DELAY
    assert delay.detail["expires"] == (room.clock.now() + 300) * 1000
    room.clock.step(300)
    await room.settle()
    assert delay.message_id is not None
    [*_, bounce] = await story(room, delay.message_id)
    assert bounce.kind is Kind.BOUNCE
    assert (bounce.detail["bounceType"], bounce.detail["bounceSubType"]) == (
        "Transient",
        "CustomTimeoutExceeded",
    )
    [failed] = bounce.detail["recipients"]
    assert failed["status"] == "4.4.7"
    assert "unable to deliver in 5 minutes" in failed["diagnosticCode"]
    assert room.audit().agrees


async def test_other_mail_is_tried_for_the_usual_period(room: Room) -> None:
    delay = await delayed(room)
    assert delay.detail["expires"] == (room.clock.now() + RETRY_PERIOD) * 1000
    room.clock.step(300)
    assert delay.message_id is not None
    message_id = delay.message_id
    await room.until(lambda tx: len(journal.of_message(tx, message_id)) == 3)
    assert [each.kind for each in await story(room, message_id)][-1] is Kind.DELIVERY_DELAY


async def test_mail_that_could_not_even_be_prepared_in_these_seconds_says_so(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise ValueError("nobody expected this")

    monkeypatch.setattr(preparing, "prepare", fail)
    await room.call(
        "sesv2", "PutConfigurationSetDeliveryOptions", ConfigurationSetName=SET, MaxDeliverySeconds=300
    )
    message_id = await room.send("a@example.net")
    await room.until(lambda tx: tx.run("SELECT 1 FROM queue WHERE attempts = 1"))
    room.clock.step(300)
    await room.settle()
    [_, bounce] = await story(room, message_id)
    assert (bounce.detail["bounceType"], bounce.detail["bounceSubType"]) == (
        "Transient",
        "CustomTimeoutExceeded",
    )
    assert [each["status"] for each in bounce.detail["recipients"]] == ["4.3.0"]
