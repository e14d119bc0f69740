"""The web server's start: it answers, or says that it doesn't."""

import asyncio
import logging

import pytest

from mailgauge.base.asgi import Receive, Scope, Send
from mailgauge.base.tasks import Supervisor
from mailgauge.config.addresses import AddressError
from mailgauge.server.http import HttpServer, bind


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that is never asked."""


async def test_a_start_that_fails_is_told_instead_of_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    listener = bind("127.0.0.1:0")
    listener.close()
    tasks = Supervisor()
    with caplog.at_level(logging.ERROR), pytest.raises(AddressError, match="did not start"):
        await asyncio.wait_for(HttpServer(nothing, listener, tasks).start(), 10)
    await tasks.close()


async def test_a_server_that_was_started_can_be_stopped() -> None:
    tasks = Supervisor()
    server = HttpServer(nothing, bind("127.0.0.1:0"), tasks)
    await server.start()
    await asyncio.wait_for(server.stop(), 10)
    await tasks.close()
