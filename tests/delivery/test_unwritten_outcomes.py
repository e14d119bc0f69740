"""What came of an attempt is kept until the store takes it: nobody gets a message again because a disk was full."""

from collections.abc import Callable

import apsw
import pytest

from mailgauge.delivery import outcomes, recording
from mailgauge.delivery.outcomes import Resolution
from mailgauge.events.kinds import Kind
from tests.delivery.world import World


def failing(times: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The store fails so often; what was tried."""
    tried: list[str] = []
    resolve: Callable[..., Resolution] = outcomes.resolve

    def fail(*arguments: object) -> Resolution:
        tried.append("commit")
        if len(tried) <= times:
            raise apsw.FullError("database or disk is full")
        return resolve(*arguments)

    monkeypatch.setattr(outcomes, "resolve", fail)
    return tried


async def test_an_outcome_is_written_when_the_disk_has_room_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "AGAIN", 0.01)
    tried = failing(3, monkeypatch)
    await world.enqueue("a@example.com")
    [entry] = await world.deliver()
    assert entry.kind is Kind.DELIVERY
    # A unit that fails alone is tried alone, and again.
    assert len(tried) == 4
    assert len(world.receiver.messages) == 1
