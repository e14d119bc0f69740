"""A real endpoint in the test's own process: uvicorn on a free port, called by botocore's client."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import uvicorn
from botocore.config import Config
from botocore.session import Session

from mailgauge.base.asgi import App

Serve = Callable[[App], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts an application and returns its URL."""
    running: list[tuple[uvicorn.Server, asyncio.Future[None]]] = []

    async def start(app: App) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, http="httptools", log_config=None, lifespan="off", server_header=False)
        server = uvicorn.Server(config)
        running.append((server, asyncio.ensure_future(server.serve(sockets=[listener]))))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, served in running:
        server.should_exit = True
        await served


class Aws:
    """botocore's client of one service, off the event loop, without retries."""

    def __init__(self, session: Session, service: str, **options: str | None) -> None:
        once = Config(retries={"total_max_attempts": 1})
        self.client = session.create_client(service, config=once, **options)

    async def call(self, operation: str, **params: Any) -> Any:
        return await asyncio.to_thread(getattr(self.client, operation), **params)

    def close(self) -> None:
        self.client.close()


@pytest.fixture(scope="session")
def session() -> Session:
    return Session()


@pytest.fixture
def aws(session: Session) -> Iterator[Callable[..., Aws]]:
    """Makes clients: ``aws(url, key, secret, service="ses")``."""
    made: list[Aws] = []

    def make(
        url: str,
        key: str = "test",
        secret: str = "test",
        *,
        service: str = "sts",
        region: str = "eu-west-1",
        token: str | None = None,
    ) -> Aws:
        client = Aws(
            session,
            service,
            region_name=region,
            endpoint_url=url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )
        made.append(client)
        return client

    yield make
    for each in made:
        each.close()
