"""Options that no type can judge: addresses, host names and URLs that would break mail, or let it out."""

from typing import Literal

import pytest

from mailgauge.config.addresses import AddressError, split_address
from mailgauge.config.checks import problems
from mailgauge.config.options import Config, local_defaults
from mailgauge.config.reference import page
from mailgauge.config.route_checks import problems_of_leaving
from mailgauge.config.shown import shown


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
        ("service", "postmaster", "me", "takes mail addresses"),
        ("service", "postmaster", "me@mailgauge.localhost", "another domain"),
        ("service", "feedback_addresses", ["fbl"], "takes mail addresses"),
        ("service", "url", "javascript:alert(1)", "http://HOST"),
        ("service", "url", "https://mail.example.com:no", "http://HOST"),
        ("server", "listen", ":4566", "has no host"),
        ("server", "listen", "127.0.0.1:99999", "the port must be 0 to 65535"),
        ("server", "inbound", "two words:25", "neither an address nor a host name"),
        ("server", "smtp", "0.0.0.0:2587, 587", "write HOST:PORT"),
        ("server", "smtps", "0.0.0.0:465,two words:2465", "neither an address nor a host name"),
        ("server", "hosts", ["mailgauge.test:4566"], "without a port"),
        (
            "accounts",
            "regions",
            ("us-east-1", "Mars"),
            "takes names of Regions, such as us-east-1, not 'Mars'",
        ),
        ("server", "trusted_proxies", ["proxy.example.com"], "takes addresses and networks"),
        ("server", "trusted_proxies", ["10.0.0.0/33"], "takes addresses and networks"),
        ("delivery", "capture", "192.0.2.1:25", "captured mail does not leave it"),
        ("delivery", "capture", "mail.example.com:25", "captured mail does not leave it"),
        ("delivery", "capture", "127.0.0.1:0", "port of a server"),
        ("delivery", "capture", "127.0.0.1", "write HOST:PORT"),
        ("delivery", "addresses", ["here"], "takes IP addresses"),
        ("alarms", "commands", {"two words": ["/bin/true"]}, "takes names of up to 64 letters"),
        ("alarms", "commands", {"page": []}, "needs the whole path of the program 'page'"),
        ("alarms", "commands", {"page": ["page"]}, "needs the whole path of the program 'page'"),
        ("alarms", "commands", {"page": ["/bin/true", "a\0b"]}, "a null character"),
        ("delivery", "domains", {"two words": "mx"}, "takes domains, such as corp.example"),
        ("delivery", "domains", {"corp.example": "carrier pigeon"}, "capture, mx, smarthost or HOST:PORT"),
        ("delivery", "domains", {"corp.example": "relay.example:0"}, "port 0"),
        ("smarthost", "address", "relay.example", "write HOST:PORT"),
        ("smarthost", "address", "two words:25", "neither an address nor a host name"),
        ("tls", "cert", "cert.pem", "needed beside cert"),
        ("tls", "key", "key.pem", "needed beside key"),
        ("scan", "clamd", "localhost:3310", "write clamd://HOST:PORT or unix:/PATH"),
        ("tracking", "url", "ftp://track.example.com", "http://HOST"),
        ("dns", "resolvers", ["ns.example.com"], "write ADDRESS or ADDRESS:PORT"),
        ("accounts", "max_24_hour_send", -0.5, "-1 (unlimited) or at least 0"),
    ],
)
def test_what_would_break_or_let_mail_out_is_refused(
    section: str, option: str, value: object, says: str
) -> None:
    [text] = said(section, option, value)
    # Of what belongs together, the option that is missing is named.
    missing = {"cert": "key", "key": "cert"}.get(option, option)
    assert text.startswith(f"[{section}] {missing} ")
    assert says in text


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("service", "domain", "mail.example.com"),
        ("service", "postmaster", "me@example.com"),
        ("service", "feedback_addresses", ["fbl@mail.example.com"]),
        ("service", "url", "https://mail.example.com:8443/ses"),
        ("service", "url", "http://[::1]:4566/"),
        ("server", "listen", "[::]:0"),
        ("server", "hosts", ["my_service", "192.0.2.1"]),
        ("server", "trusted_proxies", ["127.0.0.1", "10.1.2.3/8", "fd00::/8"]),
        ("delivery", "capture", "localhost:1025"),
        ("delivery", "capture", "[::1]:1025"),
        ("delivery", "addresses", ["192.0.2.1", "2001:db8::1"]),
        ("delivery", "domains", {"corp.example": "relay.corp.example:25", "*.corp.example": "mx"}),
        ("alarms", "commands", {"page": ["/usr/local/bin/page", "--urgent"]}),
        ("delivery", "domains", {"corp.example": "[2001:db8::1]:25"}),
        ("smarthost", "address", "relay.example:587"),
        ("scan", "clamd", "clamd://[::1]:3310"),
        ("scan", "clamd", "unix:/run/clamav/clamd.ctl"),
        ("tracking", "url", "https://track.example.com"),
        ("dns", "resolvers", ["192.0.2.1:5353", "2001:db8::1"]),
    ],
)
def test_what_works_is_taken(section: str, option: str, value: object) -> None:
    assert said(section, option, value) == []


def test_the_defaults_have_no_problem() -> None:
    assert [*problems(Config()), *problems(local_defaults()), *problems_of_leaving(Config())] == []


def test_a_route_to_the_smarthost_needs_its_address() -> None:
    config = Config()
    config.delivery.domains = {"corp.example": "smarthost"}
    [problem] = problems(config)
    assert (problem.section, problem.option) == ("smarthost", "address")
    config.smarthost.address = "relay.example:587"
    assert list(problems(config)) == []


@pytest.mark.parametrize(
    ("route", "domains", "out"),
    [
        ("mx", {}, "[delivery] route is mx"),
        ("capture", {"corp.example": "mx"}, "[delivery] domains sends corp.example to mx"),
        ("capture", {"corp.example": "192.0.2.1:25"}, "sends corp.example to 192.0.2.1:25"),
        ("capture", {"corp.example": "127.0.0.1:1025", "other.example": "capture"}, None),
    ],
)
def test_mail_leaves_only_under_a_name_that_others_can_look_up(
    route: Literal["capture", "mx"], domains: dict[str, str], out: str | None
) -> None:
    config = Config()
    config.delivery.route, config.delivery.domains = route, domains
    found = list(problems_of_leaving(config))
    assert [(each.section, each.option) for each in found] == ([] if out is None else [("service", "domain")])
    assert out is None or out in found[0].text
    config.service.domain = "mail.example.com"
    assert list(problems_of_leaving(config)) == []


def test_the_configuration_is_shown_without_its_secrets() -> None:
    config = Config()
    assert shown(config)["smarthost"]["password"] == ""
    config.smarthost.password = "correct horse"
    assert "correct horse" not in str(shown(config))
    assert shown(config)["smarthost"]["username"] == ""
    assert page().count("correct horse") == 0


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
