"""A message's story: complete while it is kept, and its transcripts go after their time."""

from mailgauge.delivery.transcripts import Attempt
from mailgauge.events.entry import Entry
from mailgauge.events.kinds import EVENT_TYPE
from mailgauge.server.story import Story, story_of
from tests.server.room import SENDER, Room


async def story(room: Room, message_id: str) -> Story:
    found = await room.storage.mail.read(lambda tx: story_of(tx, message_id))
    assert found is not None
    return found


def told(story: Story) -> list[str]:
    return [EVENT_TYPE[step.kind] if isinstance(step, Entry) else step.transport for step in story.steps]


async def test_every_attempt_stands_before_the_event_that_it_made(room: Room) -> None:
    message_id = await room.send("bounce@simulator.amazonses.com", "somebody@example.net")
    await room.settle()
    found = await story(room, message_id)
    assert found.facts is not None
    assert (found.facts.source, found.waiting) == (SENDER, [])
    steps = told(found)
    assert sorted(steps) == ["Bounce", "Delivery", "Send", "capture", "simulator"]
    assert steps.index("capture") < steps.index("Delivery")
    assert steps.index("simulator") < steps.index("Bounce")
    [refused] = [each for each in found.steps if isinstance(each, Attempt) and each.transport == "simulator"]
    assert refused.replies["bounce@simulator.amazonses.com"] is not None
    assert refused.dialogue


async def test_transcripts_are_dropped_after_their_time_and_the_events_stay(room: Room) -> None:
    message_id = await room.send("somebody@example.net")
    await room.settle()
    room.clock.step(29 * 86_400)
    await room.housekeeper.round()
    assert "capture" in told(await story(room, message_id))
    room.clock.step(2 * 86_400)
    await room.housekeeper.round()
    assert told(await story(room, message_id)) == ["Send", "Delivery"]


async def test_nothing_is_known_of_what_was_never_accepted(room: Room) -> None:
    message_id = await room.send("somebody@example.net")
    other = message_id.replace(message_id[0:8], "01000000")
    assert await room.storage.mail.read(lambda tx: story_of(tx, other)) is None
