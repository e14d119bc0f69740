"""Bytes in URLs: no character that a URL would escape, and nothing but ValueError for what is none of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.base64url import from_text, to_text


@given(st.binary())
def test_bytes_come_back_as_they_were(data: bytes) -> None:
    text = to_text(data)
    assert text.replace("-", "a").replace("_", "a").isalnum() or not data
    assert from_text(text) == data


@pytest.mark.parametrize("text", ["a", "ä", "\udc80", "ab/+", "YQ~", "Y Q"])
def test_what_is_no_base64_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        from_text(text)


@given(st.text())
def test_no_text_brings_anything_but_a_value_error(text: str) -> None:
    try:
        found = from_text(text)
    except ValueError:
        return
    assert isinstance(found, bytes)
