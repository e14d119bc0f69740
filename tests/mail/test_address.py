"""Addresses are read and refused as SES does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.mail.address import Address, AddressError, bare, parse_address, parse_address_list


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("joe@example.com", Address("", "joe", "example.com")),
        ("<joe@example.com>", Address("", "joe", "example.com")),
        ("Joe <joe@Example.com>", Address("Joe", "joe", "Example.com")),
        ('"Doe, Joe" <joe@example.com>', Address("Doe, Joe", "joe", "example.com")),
        ('"A \\"B\\" C" <joe@example.com>', Address('A "B" C', "joe", "example.com")),
        ("=?utf-8?B?SsO8cmdlbg==?= <j@example.com>", Address("Jürgen", "j", "example.com")),
        ("Jürgen <j@example.com>", Address("Jürgen", "j", "example.com")),
        ("joe@example.com (Joe)", Address("Joe", "joe", "example.com")),
        ('"joe smith"@example.com', Address("", '"joe smith"', "example.com")),
        ("joe+tag@xn--bcher-kva.example", Address("", "joe+tag", "xn--bcher-kva.example")),
        ("joe@[192.0.2.1]", Address("", "joe", "[192.0.2.1]")),
        ("joe@localhost", Address("", "joe", "localhost")),
    ],
)
def test_reads_an_address(text: str, expected: Address) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Missing final '@domain'"),
        ("joe", "Missing final '@domain'"),
        ("Joe <joe>", "Missing final '@domain'"),
        ("joe@", "Missing domain"),
        ("@example.com", "Missing local name"),
        ("jo e@example.com", "Local address contains control or whitespace"),
        ("joe smith", "Local address contains control or whitespace"),
        ("jürgen@example.com", "Local address contains control or whitespace"),
        ("joe\x07@example.com", "Local address contains control or whitespace"),
        ("joe@exam ple.com", "Domain contains control or whitespace"),
        ("joe@bücher.example", "Domain contains control or whitespace"),
        ("joe@exam_ple.com", "Domain contains illegal character"),
        ("joe@a@example.com", "Domain contains illegal character"),
        ("joe@.example.com", "Domain starts with dot"),
        ("joe@example..com", "Domain contains dot-dot"),
        ("joe@example.com.", "Domain ends with dot"),
        (".joe@example.com", "Local address starts with dot"),
        ("joe.@example.com", "Local address ends with dot"),
        ("jo..e@example.com", "Local address contains dot-dot"),
        ("a@example.com, b@example.com", "Illegal address"),
        ("Joe <joe@example.com", "Missing '>'"),
        ("Joe <joe@example.com> x", "Illegal address"),
        ('"joe@example.com', "Unterminated quote"),
        ("j" * 310 + "@example.com", "Email address length is more than 320 characters"),
    ],
)
def test_refuses_in_the_words_of_ses(text: str, error: str) -> None:
    with pytest.raises(AddressError) as refused:
        parse_address(text)
    assert str(refused.value) == error


def test_reads_lists_with_quoted_commas_comments_and_groups() -> None:
    value = '"Doe, Joe" <joe@example.com>, (nobody, here) ann@example.org,,Team: a@example.com, B <b@example.com>;'
    assert [address.bare for address in parse_address_list(value)] == [
        "joe@example.com",
        "ann@example.org",
        "a@example.com",
        "b@example.com",
    ]
    assert parse_address_list("undisclosed-recipients:;") == []


def test_bare_leaves_the_display_name_out() -> None:
    assert bare("Joe <joe@example.com>") == "joe@example.com"


@given(st.text(max_size=60) | st.text(alphabet='ab@."<>(),;: \\\r\n', max_size=40))
def test_nothing_but_an_address_error_comes_out_of_any_text(text: str) -> None:
    try:
        address = parse_address(text)
    except AddressError:
        return
    assert address.bare.isascii()
    assert not any(char in address.bare for char in "\r\n\0")
    assert address.domain


@given(st.text(alphabet='aZ9.@-+_! "<>(),', max_size=40))
def test_plain_addresses_are_read_the_short_way_as_the_long(text: str) -> None:
    def read(each: str) -> Address | str:
        try:
            return parse_address(each)
        except AddressError as error:
            return str(error)

    # A blank in front, which counts for nothing, is no plain address any more.
    assert read(text) == read(f" {text}")
