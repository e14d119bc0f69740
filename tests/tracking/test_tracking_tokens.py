"""Tokens: what is in them comes out again, and nobody makes one up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.ids import new_message_id
from mailgauge.tracking.tokens import InvalidTokenError, Link, Tokens

TOKENS = Tokens(b"s" * 32)
MESSAGE = new_message_id("us-east-1", 1_700_000_000.0)


@pytest.mark.parametrize(
    "link", [Link(0, "https://example.com/"), Link(249, "http://example.com/?a=%20", {"k": ["a", "b"]})]
)
def test_a_click_says_message_link_and_tags(link: Link) -> None:
    assert TOKENS.clicked(TOKENS.for_click(MESSAGE, link)) == (MESSAGE, link)


def test_an_open_says_its_message_and_is_nothing_else() -> None:
    token = TOKENS.for_open(MESSAGE)
    assert TOKENS.opened(token) == MESSAGE
    for read in (TOKENS.clicked, TOKENS.trapped):
        with pytest.raises(InvalidTokenError):
            read(token)


def test_the_token_of_a_short_address_is_short() -> None:
    assert len(TOKENS.for_click(MESSAGE, Link(3, "https://example.com/spring"))) < 110


def test_a_token_of_another_service_is_refused() -> None:
    with pytest.raises(InvalidTokenError):
        Tokens(b"t" * 32).opened(TOKENS.for_open(MESSAGE))


@given(st.integers(0, 10_000), st.characters())
def test_a_token_that_was_changed_anywhere_is_refused(at: int, other: str) -> None:
    token = TOKENS.for_click(MESSAGE, Link(1, "https://example.com/offers"))
    at %= len(token)
    changed = token[:at] + other + token[at + 1 :]
    if changed != token:
        try:
            # The last letter of Base64 has bits to spare: another letter may be the same token.
            assert TOKENS.clicked(changed) == TOKENS.clicked(token)
            assert at == len(token) - 1
        except InvalidTokenError:
            pass


@given(st.text(max_size=200))
def test_no_text_is_a_token_by_chance_or_breaks_the_reader(text: str) -> None:
    for read in (TOKENS.clicked, TOKENS.opened, TOKENS.trapped):
        with pytest.raises(InvalidTokenError):
            read(text)
