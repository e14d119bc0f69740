"""Whether a text names somebody: also where it is JSON, and not where it is another's address."""

import pytest

from mailgauge.events.erasure import Eraser

ERASER = Eraser("joe@example.net")


@pytest.mark.parametrize(
    "text",
    [
        "joe@example.net",
        "to <JOE@example.net>.",
        '{"recipients":["joe@example.net"]}',
        r'{"smtpResponse":"250 ok\r\njoe@example.net"}',
        "https://shop.example/?to=joe%40example.net",
    ],
)
def test_a_text_names_who_is_in_it(text: str) -> None:
    assert ERASER.is_named_in(text)


@pytest.mark.parametrize(
    "text", ["", "joe", "billy-joe@example.net", "joe@example.network", "joe@example.net.au"]
)
def test_a_text_does_not_name_who_has_a_similar_address(text: str) -> None:
    assert not ERASER.is_named_in(text)
