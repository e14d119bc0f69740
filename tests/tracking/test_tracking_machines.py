"""Machine or person, by the signs that are published, and how much of an address is kept."""

import pytest

from mailgauge.tracking.machines import TOO_SOON, Engagement, Signs, asks_ahead, judge
from mailgauge.tracking.privacy import ClientIp
from mailgauge.tracking.visits import Clients

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
HOME = "203.0.113.7"


@pytest.mark.parametrize(
    "agent",
    [
        CHROME,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0",
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; ms-office; MSOffice 16)",
        "Outlook-iOS/723.4127091.prod.iphone (4.2420.0)",
    ],
)
def test_browsers_and_mail_programs_are_people(agent: str) -> None:
    assert judge(Signs(agent, HOME)) is Engagement.HUMAN


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "  ",
        "Mozilla/5.0",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        "BarracudaCentral sentinel 1.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "curl/8.5.0",
        "Python-urllib/3.11",
        "python-requests/2.32.0",
        "Go-http-client/2.0",
        "SomeBot/1.0",
    ],
)
def test_those_who_name_themselves_and_those_without_a_name_are_machines(agent: str) -> None:
    assert judge(Signs(agent, HOME)) is Engagement.MACHINE


@pytest.mark.parametrize("address", ["17.58.101.9", "66.249.84.12", "64.235.154.3"])
def test_the_networks_of_proxies_and_scanners_are_machines(address: str) -> None:
    assert judge(Signs(CHROME, address)) is Engagement.MACHINE


@pytest.mark.parametrize("address", ["", "not an address", "2001:db8::7"])
def test_an_address_that_says_nothing_is_no_sign(address: str) -> None:
    assert judge(Signs(CHROME, address)) is Engagement.HUMAN


def test_who_comes_with_the_delivery_or_gave_itself_away_is_a_machine() -> None:
    assert judge(Signs(CHROME, HOME, since_delivery=TOO_SOON - 0.1)) is Engagement.MACHINE
    assert judge(Signs(CHROME, HOME, since_delivery=-1.0)) is Engagement.MACHINE
    assert judge(Signs(CHROME, HOME, since_delivery=TOO_SOON)) is Engagement.HUMAN
    assert judge(Signs(CHROME, HOME, told=True)) is Engagement.MACHINE


@pytest.mark.parametrize(
    ("headers", "ahead"),
    [
        ({}, False),
        ({"sec-purpose": "prefetch;prerender"}, True),
        ({"purpose": "prefetch"}, True),
        ({"x-purpose": "preview"}, True),
        ({"x-moz": "prefetch"}, True),
        ({"purpose": "fun"}, False),
    ],
)
def test_a_browser_says_that_it_asks_ahead(headers: dict[str, str], ahead: bool) -> None:
    assert asks_ahead(headers) is ahead


def test_two_links_of_one_message_at_once_are_followed_by_a_machine() -> None:
    clients = Clients()
    clients.follow("m", HOME, 0, 10.0)
    clients.follow("m", HOME, 0, 10.1)
    clients.follow("other", HOME, 1, 10.1)
    clients.follow("m", "192.0.2.1", 1, 10.1)
    clients.follow("m", HOME, 1, 11.2)
    assert not clients.is_told("m", HOME, 11.2)
    clients.follow("m", HOME, 2, 11.3)
    assert clients.is_told("m", HOME, 11.3)
    assert not clients.is_told("m", "192.0.2.1", 11.3)


def test_a_person_who_comes_after_the_machine_from_the_same_address_is_a_person() -> None:
    clients = Clients()
    clients.tell("m", HOME, 10.0)
    assert clients.is_told("m", HOME, 69.0)
    assert not clients.is_told("m", HOME, 71.0)


def test_what_is_remembered_of_clients_has_an_end() -> None:
    clients = Clients()
    clients.tell("first", HOME, 10.0)
    for number in range(10_000):
        clients.tell(str(number), HOME, 10.0)
    assert not clients.is_told("first", HOME, 10.0)
    assert clients.is_told("9999", HOME, 10.0)


@pytest.mark.parametrize(
    ("address", "full", "truncated"),
    [
        ("203.0.113.77", "203.0.113.77", "203.0.113.0"),
        ("::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2:3::4", "2001:db8:1::"),
        ("unix", None, None),
        ("", None, None),
    ],
)
def test_of_an_address_as_much_is_kept_as_the_operator_says(
    address: str, full: str | None, truncated: str | None
) -> None:
    assert ClientIp.FULL.kept(address) == full
    assert ClientIp.TRUNCATED.kept(address) == truncated
    assert ClientIp.NONE.kept(address) is None
