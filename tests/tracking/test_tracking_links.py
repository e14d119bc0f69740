"""Which links count: http and https, valid by RFC 3986, read as browsers read an attribute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.tracking.links import LONGEST_URL, address_in, tags_in


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "https://example.com/",
        "HTTPS://EXAMPLE.COM/a;b=c/d@e:f",
        "http://user:pw@example.com:8080/x?y=z&q=/?#top?",
        "http://[2001:db8::1]:80/",
        "https://example.com/%C3%A4?x=%20",
        "https://example.com?x",
        "https://example.com/~a!$&'()*+,;=",
    ],
)
def test_a_valid_http_address_counts_as_it_is(url: str) -> None:
    assert address_in(url) == url


@pytest.mark.parametrize(
    "href",
    [
        "",
        "#top",
        "/relative",
        "//example.com/",
        "mailto:a@example.com",
        "ftp://example.com/",
        "javascript:alert(1)",
        "http:/example.com",
        "http://",
        "https://example.com/a b",
        "https://example.com/?q=a b",
        "https://example.com/%zz",
        "https://example.com/%4",
        "https://example.com/ä",
        "https://bücher.example/",
        "https://example.com/{name}",
        "https://example.com/[a]",
        "https://example.com/?q=[a]",
        'https://example.com/"',
        "https://example.com/\\x",
        "https://example.com/a\nb",
        "{{amazonSESUnsubscribeUrl}}",
        "https://example.com/" + "x" * LONGEST_URL,
    ],
)
def test_other_links_stay_as_they_are(href: str) -> None:
    assert address_in(href) is None


@pytest.mark.parametrize(
    ("href", "url"),
    [
        (" \n https://example.com/ ", "https://example.com/"),
        ("https://example.com/?a=1&amp;b=2", "https://example.com/?a=1&b=2"),
        ("https://example.com/?a=1&b=2", "https://example.com/?a=1&b=2"),
        ("https://example.com/?a=1&copy=2&amp=3", "https://example.com/?a=1&copy=2&amp=3"),
        ("https://example.com/?a=1&ampx=2&notit;", "https://example.com/?a=1&ampx=2&notit;"),
        ("https://example.com/?a=1&amp", "https://example.com/?a=1&"),
        ("https&#58;//example&#x2e;com/&sol;x", "https://example.com//x"),
        ("https://example.com/?a&#38;b&#38c", "https://example.com/?a&b&c"),
    ],
)
def test_an_attribute_is_read_as_browsers_read_it(href: str, url: str) -> None:
    assert address_in(href) == url


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("product:book", {"product": ["book"]}),
        ("product:book;genre:novel;", {"product": ["book"], "genre": ["novel"]}),
        (" product : book ; genre:novel", {"product": ["book"], "genre": ["novel"]}),
        ("k:a;k:b", {"k": ["a", "b"]}),
        ("k:a b;l:;:c;m;n:1_-Z", {"n": ["1_-Z"]}),
        ("k:a:b", {}),
        ("", {}),
    ],
)
def test_tags_are_pairs_as_in_a_style(value: str, tags: dict[str, list[str]]) -> None:
    assert tags_in(value) == tags


@given(st.text(max_size=300))
def test_reading_ends_for_every_attribute(value: str) -> None:
    found = address_in(value)
    assert found is None or found.isascii()
    assert all(values for values in tags_in(value).values())


@pytest.mark.parametrize("reference", ["&#" + "9" * 5000 + ";", "&#" + "0" * 5000 + "65", "&#x" + "f" * 5000])
def test_a_reference_that_is_no_character_stops_no_message(reference: str) -> None:
    assert address_in(f"http://example.com/{reference}") is None
