"""A room for each test that asks for one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.server.room import Room, open_room, prepare_set


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with AsyncExitStack() as running:
        opened = await open_room(tmp_path, running)
        await prepare_set(opened)
        yield opened
