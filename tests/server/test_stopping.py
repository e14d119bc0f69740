"""A service that is told to end while it delivers, and starts again."""

import asyncio
from pathlib import Path
from urllib.error import URLError

from mailgauge.smtp.server import Envelope, SmtpServer
from tests.scenarios.auditing import settled
from tests.scenarios.service import Service

SENDER = "sender@example.com"


class Slow:
    """Accepts everything, but only when it is told to."""

    def __init__(self) -> None:
        self.recipients: list[str] = []
        self.answering = asyncio.Event()

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        return "250 2.1.5 Ok"

    async def on_message(self, envelope: Envelope) -> str:
        self.recipients += envelope.recipients
        await self.answering.wait()
        return "250 2.0.0 kept"


async def test_what_a_slow_receiver_accepts_during_the_stop_is_not_sent_again(tmp_path: Path) -> None:
    slow = Slow()
    server = SmtpServer(slow)
    await server.start()
    capture = ["--capture", f"127.0.0.1:{server.port}"]
    service = await asyncio.to_thread(Service.start, tmp_path / "data", *capture)
    await asyncio.to_thread(_send, service, 5)
    async with asyncio.timeout(90):
        while len(slow.recipients) < 5:  # noqa: ASYNC110 - another process sends them
            await asyncio.sleep(0.01)
    stop = asyncio.gather(asyncio.to_thread(service.stop))
    async with asyncio.timeout(90):
        while await asyncio.to_thread(_listens, service):  # noqa: ASYNC110 - another process ends
            await asyncio.sleep(0.01)
    slow.answering.set()
    await stop
    service = await asyncio.to_thread(Service.start, tmp_path / "data", *capture)
    try:
        await asyncio.to_thread(settled, tmp_path / "data")
    finally:
        await asyncio.to_thread(service.stop)
        await server.stop()
    assert sorted(slow.recipients) == [f"{number}@example.net" for number in range(5)]


def _send(service: Service, count: int) -> None:
    client = service.client("sesv2")
    client.create_email_identity(EmailIdentity=SENDER)
    for number in range(count):
        client.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [f"{number}@example.net"]},
            Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}},
        )


def _listens(service: Service) -> bool:
    try:
        service.get("/healthz")
    except (URLError, ConnectionError):
        return False
    return True
