"""Options that no type can judge: addresses, host names and URLs that would break mail, or let it out."""

import pytest

from mailgauge.config.addresses import AddressError, split_address
from mailgauge.config.checks import problems
from mailgauge.config.options import Config, local_defaults
from mailgauge.config.reference import page


def said(section: str, option: str, value: object) -> list[str]:
    config = Config()
    setattr(getattr(config, section), option, value)
    return [f"[{problem.section}] {problem.option} {problem.text}" for problem in problems(config)]


@pytest.mark.parametrize(
    ("section", "option", "value", "says"),
    [
        ("service", "domain", "", "must be a host name"),
        ("service", "domain", "two words", "must be a host name"),
        ("service", "domain", "mail.example.com\r\nRCPT", "must be a host name"),
        ("service", "domain", "192.0.2.1", "must be a host name"),
        ("service", "name", "two\nlines", "printable text on one line"),
        ("service", "url", "mail.example.com", "http://HOST"),
        ("service", "url", "javascript:alert(1)", "http://HOST"),
        ("service", "url", "https://mail.example.com:no", "http://HOST"),
        ("server", "listen", ":4566", "has no host"),
        ("server", "listen", "127.0.0.1:99999", "the port must be 0 to 65535"),
        ("server", "inbound", "two words:25", "neither an address nor a host name"),
        ("server", "hosts", ["mailgauge.test:4566"], "without a port"),
        ("server", "trusted_proxies", ["proxy.example.com"], "takes addresses and networks"),
        ("server", "trusted_proxies", ["10.0.0.0/33"], "takes addresses and networks"),
        ("delivery", "capture", "192.0.2.1:25", "captured mail does not leave it"),
        ("delivery", "capture", "mail.example.com:25", "captured mail does not leave it"),
        ("delivery", "capture", "127.0.0.1:0", "port of a server"),
        ("delivery", "capture", "127.0.0.1", "write HOST:PORT"),
        ("delivery", "addresses", ["here"], "takes IP addresses"),
        ("dns", "resolvers", ["ns.example.com"], "write ADDRESS or ADDRESS:PORT"),
        ("accounts", "max_24_hour_send", -0.5, "-1 (unlimited) or at least 0"),
    ],
)
def test_what_would_break_or_let_mail_out_is_refused(
    section: str, option: str, value: object, says: str
) -> None:
    [text] = said(section, option, value)
    assert text.startswith(f"[{section}] {option} ")
    assert says in text


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("service", "domain", "mail.example.com"),
        ("service", "url", "https://mail.example.com:8443/ses"),
        ("service", "url", "http://[::1]:4566/"),
        ("server", "listen", "[::]:0"),
        ("server", "hosts", ["my_service", "192.0.2.1"]),
        ("server", "trusted_proxies", ["127.0.0.1", "10.1.2.3/8", "fd00::/8"]),
        ("delivery", "capture", "localhost:1025"),
        ("delivery", "capture", "[::1]:1025"),
        ("delivery", "addresses", ["192.0.2.1", "2001:db8::1"]),
        ("dns", "resolvers", ["192.0.2.1:5353", "2001:db8::1"]),
    ],
)
def test_what_works_is_taken(section: str, option: str, value: object) -> None:
    assert said(section, option, value) == []


def test_the_defaults_have_no_problem() -> None:
    assert [*problems(Config()), *problems(local_defaults())] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("localhost", "write HOST:PORT"),
        ("localhost:http", "write HOST:PORT"),
        (":", "write HOST:PORT"),
        (":4566", r"0\.0\.0\.0:4566 for every interface"),
        ("127.0.0.1:99999", "the port must be 0 to 65535"),
        ("::1:4566", "in brackets"),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(text: str, says: str) -> None:
    with pytest.raises(AddressError, match=says):
        split_address(text)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert split_address("[::1]:25") == ("::1", 25)


def test_the_reference_page_says_what_an_option_takes() -> None:
    row = next(line for line in page().splitlines() if "`pause_bounce_rate`" in line)
    assert "| a number of at least 0 and at most 1 |" in row
