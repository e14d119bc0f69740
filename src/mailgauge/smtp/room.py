"""How much memory the messages that a server is reading may take together. Small ones are always let in."""

from typing import Self

SMALL = 64 * 1024


class Room:
    def __init__(self, most: int) -> None:
        self.left = most

    def share(self) -> "Share":
        return Share(self)


class Share:
    """What one message takes of the room, as long as the ``with`` lasts."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._held = 0

    def covers(self, length: int) -> bool:
        """Whether there is room for so much of the message; if there is, it is taken."""
        more = max(0, length - SMALL) - self._held
        if more > self._room.left:
            return False
        if more > 0:
            self._room.left -= more
            self._held += more
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._room.left += self._held
