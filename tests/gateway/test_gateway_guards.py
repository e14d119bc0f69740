import pytest

from mailgauge.gateway.guards import FromElsewhere, Guard

GUARD = Guard(frozenset({"mailgauge", "mail.test"}))
LOCAL = {"host": "localhost:4566"}


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:4566",
        "LOCALHOST:4566",
        "localhost.",
        "email.localhost:4566",
        "127.0.0.1:4566",
        "127.8.9.10",
        "[::1]:4566",
        "mailgauge:4566",
        "Mail.Test",
    ],
)
def test_loopback_and_configured_hosts_are_ours(host: str) -> None:
    assert GUARD.refusal("POST", {"host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:4566",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "notlocalhost",
        "192.168.1.5:4566",
        "0.0.0.0:4566",
        "localhost,evil.example",
        "localhost@evil.example",
        "localhost:4566/evil",
        "sub.mail.test",
        "[::1",
    ],
)
def test_any_other_host_is_refused_and_the_reason_given(host: str) -> None:
    refusal = GUARD.refusal("POST", {"host": host})
    assert refusal is not None
    assert repr(host) in refusal


def test_a_configured_host_does_not_lift_the_other_guards() -> None:
    assert GUARD.refusal("POST", {"host": "mailgauge:4566", "origin": "http://evil.example"}) is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://localhost:3000"},
        {"origin": "http://localhost"},
        {"origin": "http://localhost:4566,http://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
        {"origin": "http://localhost:4566", "sec-fetch-site": "cross-site"},
    ],
)
def test_pages_of_other_origins_are_refused(headers: dict[str, str]) -> None:
    assert GUARD.refusal("POST", {**LOCAL, **headers}) is not None
    assert GUARD.refusal("GET", {**LOCAL, **headers}) is not None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://localhost:4566", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    ],
)
def test_programs_and_our_own_pages_are_let_in(headers: dict[str, str]) -> None:
    assert GUARD.refusal("POST", {**LOCAL, **headers}) is None


def test_a_link_to_the_console_may_be_followed_but_not_scripted_or_framed() -> None:
    link = {
        **LOCAL,
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
    }
    assert GUARD.refusal("GET", link, FromElsewhere.LINK) is None
    assert GUARD.refusal("POST", link, FromElsewhere.LINK) is not None
    assert GUARD.refusal("GET", {**link, "sec-fetch-dest": "iframe"}, FromElsewhere.LINK) is not None
    assert GUARD.refusal("GET", {**link, "sec-fetch-mode": "cors"}, FromElsewhere.LINK) is not None


def test_unsubscribing_may_be_embedded_anywhere_but_not_under_a_foreign_host() -> None:
    image = {**LOCAL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
    assert GUARD.refusal("GET", image, FromElsewhere.EMBED) is None
    assert GUARD.refusal("GET", {**image, "host": "evil.example"}, FromElsewhere.EMBED) is not None


def test_tracking_answers_pages_of_all_sites_under_all_names() -> None:
    page = {"host": "links.sender.example", "origin": "https://mail.example", "sec-fetch-site": "cross-site"}
    assert GUARD.refusal("GET", page, FromElsewhere.EMBED_ANYWHERE) is None
