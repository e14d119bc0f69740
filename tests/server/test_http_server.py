"""The web server's start: it answers, or says that it doesn't."""

import asyncio
import logging
import ssl
import urllib.request

import pytest
import trustme

from mailgauge.base.asgi import Receive, Scope, Send
from mailgauge.base.tasks import Supervisor
from mailgauge.config.addresses import AddressError
from mailgauge.gateway import asgi
from mailgauge.server.http import HttpServer, bind, url_of


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that is never asked."""


async def test_a_start_that_fails_is_told_instead_of_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    listener = bind("127.0.0.1:0")
    listener.close()
    tasks = Supervisor()
    with caplog.at_level(logging.ERROR), pytest.raises(AddressError, match="did not start"):
        await asyncio.wait_for(HttpServer(nothing, listener, tasks).start(), 60)
    await tasks.close()


async def test_a_server_that_was_started_can_be_stopped() -> None:
    tasks = Supervisor()
    server = HttpServer(nothing, bind("127.0.0.1:0"), tasks)
    await server.start()
    await asyncio.wait_for(server.stop(), 60)
    await tasks.close()


async def test_over_tls_applications_know_the_version() -> None:
    seen: list[tuple[bool, str | None]] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((asgi.is_secure(scope), asgi.tls_version(scope)))
        await asgi.respond(send, 200, [], b"")

    authority, listener, tasks = trustme.CA(), bind("127.0.0.1:0"), Supervisor()
    context, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(trusting)
    server = HttpServer(note, listener, tasks, context)
    await server.start()
    url = url_of(listener, is_tls=True)
    response = await asyncio.to_thread(urllib.request.urlopen, url, context=trusting)
    response.close()
    assert seen == [(True, "TLSv1.3")]
    await server.stop()
    await tasks.close()
