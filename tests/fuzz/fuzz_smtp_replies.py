"""What servers answer to our commands, in pieces of any size."""

import asyncio
from contextlib import suppress
from typing import Any

import aiosmtplib

from mailgauge.mail.bounce_class import bounce_class, delay_type
from mailgauge.mail.status import reply
from mailgauge.smtp.replies import Replies

SEEDS = (
    b"250-mx.example.net\r\n250-PIPELINING\r\n250 SIZE 1000\r\n",
    b"220 hello\n554-5.7.1 no\r\n554 5.7.1 still no\r\n",
    b"421\r\n",
    b"xyz\r\n250 after\r\n",
    b"250 \xff\xfe\r\n250 \xff\xfe\r\n",
    b"2" * 4000,
)


class _Transport(asyncio.Transport):
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None: ...

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


def one_input(data: bytes) -> None:
    asyncio.run(_listen(data))


async def _listen(data: bytes) -> None:
    replies = Replies(_Transport())
    size = 1 + len(data) % 97
    for at in range(0, len(data), size):
        replies.data_received(data[at : at + size])
    replies.eof_received()
    replies.connection_lost(None)
    with suppress(aiosmtplib.SMTPException):
        while True:
            said = await replies.reply(1)
            found = reply(said.code, said.text)
            bounce_class(found)
            delay_type(found)
