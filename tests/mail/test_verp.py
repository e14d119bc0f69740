"""A return path leads to its message and to no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.ids import new_message_id
from mailgauge.mail.verp import message_of, return_path

SECRET = b"s" * 32
MESSAGE_ID = new_message_id("eu-west-1", 1_750_000_000)


def test_it_finds_its_message_in_any_case() -> None:
    address = return_path(MESSAGE_ID, "Bounces.example.com", SECRET)
    assert message_of(address, SECRET) == MESSAGE_ID
    assert message_of(address.upper(), SECRET) == MESSAGE_ID
    assert len(address.partition("@")[0]) <= 64


@pytest.mark.parametrize("at", range(2, 58, 5))
def test_a_forged_one_is_nobodys(at: int) -> None:
    address = return_path(MESSAGE_ID, "example.com", SECRET)
    forged = address[:at] + ("a" if address[at] != "a" else "b") + address[at + 1 :]
    assert message_of(forged, SECRET) is None
    assert message_of(address.replace("@example.com", "@example.org"), SECRET) is None
    assert message_of(address, b"other") is None


@given(st.text(max_size=80))
def test_any_other_address_is_nobodys(local: str) -> None:
    assert message_of(f"b-{local}@example.com", SECRET) is None
