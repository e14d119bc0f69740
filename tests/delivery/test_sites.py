"""How much a site gets: halved at trouble, paused when one connection is too much, one more again as mail is taken."""

import pytest

from mailgauge.delivery.attempt import trouble_of
from mailgauge.delivery.sites import LEARNT, LONGEST_PAUSE, REMEMBERED, Site, Sites
from mailgauge.delivery.transport import Route
from mailgauge.mail.status import Reply
from mailgauge.smtp.outcome import Destination, Failure, Outcome


def attempt(site: Site, now: float, trouble: str = "") -> None:
    site.end(now, site.begin(now), trouble)


def test_a_site_gets_its_connections_and_as_many_wait() -> None:
    site = Site("mx", 4)
    assert site.may_take(0) == 8
    for _ in range(4):
        assert site.may_begin(0)
        site.begin(0)
    assert not site.may_begin(0)
    assert (site.may_take(0), site.may_wait(0)) == (4, True)
    site.waiting = 4
    assert (site.may_take(0), site.may_wait(0)) == (0, False)


def test_trouble_that_attempts_met_together_counts_once() -> None:
    site = Site("mx", 16)
    numbers = [site.begin(0) for _ in range(16)]
    for number in numbers:
        site.end(1, number, "421 busy")
    assert site.window == 8
    attempt(site, 2, "421 busy")
    assert site.window == 4


def test_pauses_grow_and_end() -> None:
    site, now, pauses = Site("mx", 1), 100.0, []
    for _ in range(12):
        attempt(site, now, "connect refused")
        assert not site.may_begin(now)
        pauses.append(site.ready_at(now) - now)
        now = site.ready_at(now)
        assert site.may_begin(now)
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == LONGEST_PAUSE


def test_mail_that_is_taken_brings_connections_back_one_by_one() -> None:
    site = Site("mx", 4)
    for now in range(4):
        attempt(site, now, "421 busy")
    assert site.window == 1
    for _ in range(3):
        attempt(site, 1000)
    assert 2 < site.window < 3
    for _ in range(20):
        attempt(site, 1000)
    assert (site.window, site.trouble) == (4, "")


def test_a_clock_that_is_set_back_makes_no_pause_longer() -> None:
    site = Site("mx", 1)
    attempt(site, 1000.0, "421 busy")
    assert not site.may_begin(1000.5)
    assert site.may_begin(500.0)


def test_a_rate_lets_a_second_of_messages_go_at_once_and_then_one_by_one() -> None:
    site = Site("mx", 100, most_per_second=5)
    assert site.may_take(0) == 5
    for _ in range(5):
        assert site.may_begin(0)
        attempt(site, 0)
    assert not site.may_begin(0)
    assert not site.may_wait(0)
    assert site.ready_at(0) == pytest.approx(0.2)
    assert site.may_begin(0.2001)


def test_less_than_one_a_second_is_possible() -> None:
    site = Site("mx", 100, most_per_second=0.1)
    attempt(site, 100)
    assert site.ready_at(100) == pytest.approx(110)


@pytest.mark.parametrize(
    ("reply", "is_trouble"),
    [
        (Reply(250, "2.0.0", "ok"), False),
        (Reply(421, None, "closing"), True),
        (Reply(451, "4.7.1", "slow down"), True),
        (Reply(450, "4.7.1", "Greylisted, come back"), False),
        (Reply(450, "4.2.0", "later"), False),
        (Reply(550, "5.7.1", "spam"), False),
    ],
)
def test_what_throttling_is(reply: Reply, is_trouble: bool) -> None:
    outcome = Outcome(("a@x.org",), {"a@x.org": reply}, is_connected=True)
    assert bool(trouble_of(outcome)) == is_trouble


def test_a_connection_that_can_not_be_had_is_trouble_and_one_that_breaks_is_not() -> None:
    away = Outcome(("a@x.org",), failure=Failure.REFUSED, failure_text="no")
    assert trouble_of(away) == "connect refused: no"
    assert not trouble_of(Outcome(("a@x.org",), failure=Failure.DISCONNECTED, is_connected=True))


def test_a_route_says_how_much_its_site_gets_and_a_site_at_rest_is_forgotten() -> None:
    sites = Sites(10)
    route = Route("mx", "mx", (Destination("192.0.2.1"),), most_connections=3)
    site = sites.of(route)
    assert site.most == 3
    number = site.begin(0)
    sites.sweep(1000)
    assert list(sites) == [site]
    site.end(1000, number, "")
    sites.sweep(1001)
    assert list(sites) == [site], "for a while it is known how much it takes"
    sites.sweep(1000 + LEARNT)
    assert list(sites) == []


def test_a_site_starts_with_few_connections_and_gets_one_more_for_each_message_that_it_takes() -> None:
    site = Sites(20).of(Route("mx", "mx", (Destination("192.0.2.1"),)))
    assert site.window == 4
    for _ in range(3):
        attempt(site, 0)
    assert site.window == 7
    for _ in range(30):
        attempt(site, 0)
    assert site.window == 20


def test_a_site_with_a_line_is_remembered() -> None:
    sites = Sites(20)
    site = sites.note_line("mx")
    sites.sweep(1e9)
    assert (list(sites), sites.lined()) == ([site], [site])
    sites.note_line("mx", is_there=False)
    sites.sweep(1e9)
    assert (list(sites), sites.lined()) == ([], [])


def test_trouble_of_long_ago_is_forgotten() -> None:
    sites = Sites(10)
    site = sites.of(Route("mx", "mx", (Destination("192.0.2.1"),)))
    attempt(site, 100, "421 busy")
    sites.sweep(3000)
    assert list(sites) == [site]
    sites.sweep(100 + REMEMBERED)
    assert list(sites) == []


def test_a_host_that_could_not_be_reached_is_shunned_for_a_while() -> None:
    site = Site("mx", 3)
    site.shun("192.0.2.1", 0)
    assert site.is_shunned("192.0.2.1", 100)
    assert not site.is_at_rest(100)
    assert not site.is_shunned("192.0.2.1", 1000)
    site.meet("192.0.2.1")
    assert not site.is_shunned("192.0.2.1", 100)
