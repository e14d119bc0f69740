"""What servers say that they should not: it ends their connection, and is no answer."""

import asyncio
import contextlib

import aiosmtplib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.mail.status import reply
from mailgauge.smtp.replies import Replies


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.is_cut = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass

    def is_closing(self) -> bool:
        return self.is_cut

    def abort(self) -> None:
        self.is_cut = True


@pytest.mark.parametrize("endless", [b"250 more\r\n", b"250-more\r\n", b"x" * 99, b"\r\n", b"2\r\n"])
async def test_a_server_that_talks_without_end_is_hung_up_on(endless: bytes) -> None:
    transport = Transport()
    replies = Replies(transport)
    for _ in range(20):
        replies.data_received(endless * 1000)
    assert transport.is_cut
    assert not replies.is_usable


@pytest.mark.parametrize("code", [354, 199, 99, 0, 600, 999])
def test_a_code_without_a_meaning_is_neither_a_delivery_nor_a_bounce(code: int) -> None:
    found = reply(code, "2.0.0 what")
    assert (found.is_accepted, found.is_permanent, found.is_temporary) == (False, False, True)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_replies_of_any_bytes_in_any_pieces_are_replies_or_a_failure(pieces: list[bytes]) -> None:
    async def hear() -> None:
        replies = Replies(Transport())
        for piece in [*pieces, b"250 the end\r\n"]:
            replies.data_received(piece)
        replies.connection_lost(None)
        with contextlib.suppress(aiosmtplib.SMTPException):
            while True:
                said = await replies.reply(1)
                assert 0 <= said.code <= 999

    asyncio.run(hear())
