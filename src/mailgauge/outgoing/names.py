"""The addresses of a host, as this system knows them: its file of hosts and its name servers."""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Final

AT_ONCE: Final = 64


class SystemNames:
    """Asks in threads of its own, which the end of the process does not wait for: the system's look-up can't be broken off,
    and names whose servers don't answer must hold up nothing else.
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, host: str) -> list[str]:
        """In the order of preference (RFC 6724); none where there are none or nobody answers."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[str]] = loop.create_future()

        def work() -> None:
            addresses = _look_up(host)
            with suppress(RuntimeError):  # the loop is closed, nobody waits
                loop.call_soon_threadsafe(self._tell, found, addresses)

        threading.Thread(target=work, name="names", daemon=True).start()
        return await found

    def _tell(self, found: asyncio.Future[list[str]], addresses: list[str]) -> None:
        self._free.release()
        if not found.done():  # whoever asked may have given up
            found.set_result(addresses)


def _look_up(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(place[0]) for *_, place in found))
