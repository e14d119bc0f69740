"""The addresses of a host, as this system knows them: its file of hosts and its name servers."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Final

_AT_ONCE: Final = 8


class SystemNames:
    """Asks in threads of its own: names whose servers don't answer must hold up nothing else that needs a thread."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None

    async def __call__(self, host: str) -> list[str]:
        """In the order of preference (RFC 6724); none where there are none or nobody answers."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="names")
        return await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(place[0]) for *_, place in found))
