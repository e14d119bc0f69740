"""What doctor and /healthz say of the ways out: name servers, our own names, and attempts that reach nobody."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.base.health import Finding, Level
from mailgauge.base.ids import new_message_id
from mailgauge.config.options import Config
from mailgauge.delivery import transcripts
from mailgauge.delivery.sites import Sites
from mailgauge.delivery.transcripts import Attempt
from mailgauge.dns.answers import TEMPORARY, Answer, LiteralResolver, RecordType
from mailgauge.server.data import DataDirectory
from mailgauge.server.reachability import find_in_dns, find_links, reachability_checks, site_check
from mailgauge.server.storage import Storage

A, MX, PTR = RecordType.A, RecordType.MX, RecordType.PTR
Zone = dict[tuple[str, RecordType], Sequence[str] | Answer]
OURS: Zone = {("mail.example.com", MX): ["10 in.example.com"]}


def leaving(route: str = "mx") -> Config:
    config = Config()
    config.service.domain = "mail.example.com"
    config.delivery.domains = {"corp.example": route}
    config.smarthost.address = "relay.example:587"
    return config


async def texts(config: Config, zone: Zone) -> list[str]:
    found = await find_in_dns(config, LiteralResolver(zone))
    return [f"{each.level}: {each.text}" for each in found if each.level is not Level.OK]


async def test_name_servers_that_do_not_answer_are_a_problem() -> None:
    config = leaving()
    config.dns.resolvers = ["192.0.2.53"]
    assert await texts(config, {("mail.example.com", MX): TEMPORARY}) == [
        f"{Level.PROBLEM}: 192.0.2.53 gave no answer about mail.example.com"
    ]
    assert await texts(leaving(), OURS) == []


async def test_a_domain_that_no_bounce_can_come_back_to_is_told() -> None:
    [text] = await texts(leaving(), {})
    assert text.startswith(f"{Level.WARNING}: mail.example.com has no MX record: bounces")
    assert await texts(leaving(), {("mail.example.com", A): ["192.0.2.1"]}) == []


async def test_a_smarthost_without_an_address_is_a_problem() -> None:
    assert await texts(leaving("smarthost"), OURS) == [
        f"{Level.PROBLEM}: the smarthost relay.example has no address in DNS"
    ]
    assert await texts(leaving("smarthost"), {**OURS, ("relay.example", A): ["10.0.0.1"]}) == []


async def test_an_address_of_ours_needs_a_name_that_leads_back_to_it() -> None:
    config = leaving()
    config.delivery.addresses = ["8.8.4.4", "10.0.0.1"]
    pointing: Zone = {**OURS, ("4.4.8.8.in-addr.arpa", PTR): ["out.example.com"]}
    lacking = [f"{Level.WARNING}: 8.8.4.4 has no name in DNS that leads back to it"]
    assert await texts(config, OURS) == lacking
    assert await texts(config, {**pointing, ("out.example.com", A): ["8.8.8.8"]}) == lacking
    assert await texts(config, {**pointing, ("out.example.com", A): ["8.8.4.4"]}) == []


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    storage = Storage.open(DataDirectory(tmp_path))
    yield storage
    storage.close()


def attempt(clock: ManualClock, transport: str, peer: str | None) -> Attempt:
    message_id = new_message_id("us-east-1", clock.now())
    return Attempt(message_id, clock.now(), 1, transport, {}, host="mx.example:25", peer=peer)


async def connections(storage: Storage, clock: ManualClock) -> list[Finding]:
    _, look, _ = reachability_checks(leaving(), storage.mail, clock)
    return list(await look())


async def test_an_hour_in_which_nothing_came_through_is_a_problem(storage: Storage) -> None:
    clock = ManualClock()
    failed = [attempt(clock, "mx", None) for _ in range(5)]
    inside = [attempt(clock, "capture", "127.0.0.1")]
    await storage.mail.write(lambda tx: transcripts.add(tx, failed[:4] + inside))
    assert await connections(storage, clock) == []
    await storage.mail.write(lambda tx: transcripts.add(tx, failed[4:]))
    [finding] = await connections(storage, clock)
    assert (finding.level, finding.check) == (Level.PROBLEM, "connections")
    assert "none of the last 5 attempts" in finding.text
    clock.step(3601)
    assert await connections(storage, clock) == []


async def test_one_connection_is_proof_enough(storage: Storage) -> None:
    clock = ManualClock()
    made = [*(attempt(clock, "mx", None) for _ in range(9)), attempt(clock, "smarthost", "192.0.2.1")]
    await storage.mail.write(lambda tx: transcripts.add(tx, made))
    assert await connections(storage, clock) == []


@pytest.mark.parametrize(
    "listen", ["127.0.0.1:4566", "localhost:4566", "0.0.0.0:443", "[::]:443", "10.0.0.5:443"]
)
def test_links_that_lead_recipients_nowhere_are_told(listen: str) -> None:
    config = leaving()
    config.server.listen = listen
    [finding] = find_links(config)
    assert finding.level is Level.WARNING
    assert f"lead to {listen}," in finding.text
    config.service.url = "https://mail.example.com"
    assert find_links(config) == []


def test_links_to_a_name_or_a_public_address_are_fine() -> None:
    config = leaving()
    for config.server.listen in ("mail.example.com:443", "8.8.8.8:443"):
        assert find_links(config) == []


async def test_sites_that_have_trouble_are_named_until_they_take_mail_again() -> None:
    sites = Sites(10)
    look = site_check(sites)
    for number in range(7):
        sites.named(f"mx{number}.example").end(
            0.0, sites.named(f"mx{number}.example").begin(0.0), "421 4.7.0 slow down"
        )
    sites.named("fine.example").end(0.0, sites.named("fine.example").begin(0.0), "")
    first, *_, last = await look()
    assert (first.level, first.text) == (Level.WARNING, "mx0.example gets less mail: 421 4.7.0 slow down")
    assert last.text == "2 more sites get less mail"
    for site in sites:
        site.end(1.0, site.begin(1.0), "")
    assert await look() == []


def test_where_all_mail_stays_nothing_is_asked(storage: Storage) -> None:
    assert reachability_checks(Config(), storage.mail, ManualClock()) == ()
