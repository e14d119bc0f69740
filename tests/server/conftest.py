"""A room for each test that asks for one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.server.room import Room, open_room, prepare_set


@pytest.fixture
async def bare_room(tmp_path: Path) -> AsyncIterator[Room]:
    async with AsyncExitStack() as running:
        yield await open_room(tmp_path, running)


@pytest.fixture
async def room(bare_room: Room) -> Room:
    """With a verified sender and a configuration set that publishes."""
    await prepare_set(bare_room)
    return bare_room
