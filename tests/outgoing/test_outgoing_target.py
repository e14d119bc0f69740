"""URLs that others give, whatever they are: read or refused, and never anything else than what is asked."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.outgoing.target import LONGEST_URL, RefusedError, target_of, without_credentials

PIECES = st.sampled_from(
    [
        *("http", "https", "ftp", "://", "/", "\\", "@", ":", "?", "#", "[", "]", "%", "::1", "127.0.0.1", "shop.example"),
        *("user", "80", "443", "25", "0", "99999", "\r\n", " ", "\x00", "é", ".", "..", "169.254.169.254", "0x7f.1"),
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
def test_a_url_is_read_as_it_stands_or_refused(url: str) -> None:
    try:
        found = target_of(url)
    except RefusedError:
        return
    assert found.scheme in {"http", "https"}
    assert found.port in {80, 443} or found.port >= 1024
    assert found.host == found.host.lower()
    assert found.host
    assert not set(found.host) & set("/\\@?# ")
    assert found.path.startswith("/")
    assert found.path.isascii()
    assert found.path.isprintable()
    # Whatever another parser makes of what is connected to, it is the same host.
    assert urlsplit(f"{found.place}{found.path}").hostname == found.host


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://Shop.Example", "shop.example", 80, "/"),
        ("https://shop.example./in?a=b#part", "shop.example", 443, "/in?a=b"),
        ("https://[::1]:8443/x", "::1", 8443, "/x"),
        ("http://good.example@evil.example/", "evil.example", 80, "/"),
        ("HTTPS://shop.example//x", "shop.example", 443, "//x"),
    ],
)
def test_what_a_url_says(url: str, host: str, port: int, path: str) -> None:
    found = target_of(url)
    assert (found.host, found.port, found.path) == (host, port, path)


def test_a_url_without_end_is_refused() -> None:
    with pytest.raises(RefusedError):
        target_of("http://shop.example/" + "a" * LONGEST_URL)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ann:s%40fe@shop.example/in?a=b@c", "https://****@shop.example/in?a=b@c"),
        ("https://ann@shop.example", "https://****@shop.example"),
        ("https://ann:a@b@shop.example?x", "https://****@shop.example?x"),
        ("https://shop.example/in", "https://shop.example/in"),
        ("anna@example.net", "anna@example.net"),
        ("arn:aws:sqs:us-east-1:123456789012:queue", "arn:aws:sqs:us-east-1:123456789012:queue"),
    ],
)
def test_people_are_shown_no_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
