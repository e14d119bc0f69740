"""MTA-STS: which policy mail keeps to, what becomes of it when DNS or the web server fails, and what is no policy."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.clock import ManualClock
from mailgauge.delivery.mta_sts import (
    LONGEST_AGE,
    PATIENCE,
    REFRESH,
    Mode,
    MtaSts,
    PolicyError,
    StsPolicy,
    parse_policy,
    policy_id,
)
from mailgauge.delivery.mx import MxRouter
from mailgauge.delivery.transport import NoRoute, Route
from mailgauge.dns.answers import TEMPORARY, Answer, LiteralResolver, RecordType
from mailgauge.smtp.outcome import Tls

RECORD = ("_mta-sts.shop.example", RecordType.TXT)
POLICY = (
    "version: STSv1\r\nmode: enforce\r\nmx: mx.shop.example\r\nmx: *.backup.example\r\nmax_age: 604800\r\n"
)


class World:
    """A domain with a policy: its DNS records and its file can be changed, and what was fetched is counted."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.records: dict[tuple[str, RecordType], Sequence[str] | Answer] = {RECORD: ["v=STSv1; id=1;"]}
        self.file: str | None = POLICY
        self.fetched: list[str] = []
        self.policies = MtaSts(LiteralResolver(self.records), self.fetch, self.clock)

    async def fetch(self, domain: str) -> str:
        self.fetched.append(domain)
        await asyncio.sleep(0)
        if self.file is None:
            raise PolicyError("the web server is down")
        return self.file

    async def enforced(self) -> StsPolicy | None:
        return await self.policies.enforced("shop.example", ["mx.shop.example"])


@pytest.fixture
def world() -> World:
    return World()


async def test_a_policy_is_fetched_once_and_kept_while_it_lives(world: World) -> None:
    first, *others = await asyncio.gather(*(world.enforced() for _ in range(5)))
    assert first is not None
    assert first.mode is Mode.ENFORCE
    assert others == [first] * 4
    assert await world.enforced() == first
    assert world.fetched == ["shop.example"]


async def test_a_new_id_brings_a_new_policy(world: World) -> None:
    await world.enforced()
    world.records[RECORD] = ["v=STSv1; id=2"]
    world.file = POLICY.replace("mx.shop.example", "new.shop.example")
    found = await world.enforced()
    assert found is not None
    assert found.allows("new.shop.example")


async def test_a_kept_policy_is_refreshed_each_day_and_stays_when_that_fails(world: World) -> None:
    first = await world.enforced()
    world.clock.step(REFRESH + 1)
    world.file = None
    assert await world.enforced() == first
    assert await world.enforced() == first
    assert len(world.fetched) == 2
    world.clock.step(PATIENCE + 1)
    world.file = POLICY.replace("enforce", "none")
    assert await world.enforced() is None
    assert len(world.fetched) == 3


@pytest.mark.parametrize("gone", [[], TEMPORARY, ["v=STSv1; id=1", "v=STSv1; id=2"]])
async def test_who_hides_the_record_does_not_get_rid_of_the_policy(
    world: World, gone: Sequence[str] | Answer
) -> None:
    first = await world.enforced()
    world.records[RECORD] = gone
    assert await world.enforced() == first
    world.clock.step(604_800)
    assert await world.enforced() is None


async def test_without_a_record_or_a_file_there_is_no_policy(world: World) -> None:
    world.records.clear()
    assert await world.enforced() is None
    assert world.fetched == []
    world.records[RECORD] = ["v=STSv1; id=1"]
    world.file = None
    assert await world.enforced() is None
    world.file = POLICY
    assert await world.enforced() is None
    world.clock.step(PATIENCE + 1)
    assert await world.enforced() is not None


async def test_a_policy_in_testing_changes_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.file = POLICY.replace("enforce", "testing")
    caplog.set_level("INFO", "mailgauge")
    for _ in range(3):
        assert await world.policies.enforced("shop.example", ["mx.shop.example", "odd.example"]) is None
    [record] = caplog.records
    assert record.__dict__["hosts"] == ["odd.example"]


async def test_mail_under_a_policy_goes_only_to_hosts_it_allows_and_under_their_certificates(
    world: World,
) -> None:
    world.records.update(
        {
            ("shop.example", RecordType.MX): ["10 odd.example", "20 mx.shop.example"],
            ("mx.shop.example", RecordType.A): ["192.0.2.1"],
            ("odd.example", RecordType.A): ["192.0.2.2"],
        }
    )
    router = MxRouter(
        LiteralResolver(world.records), lambda *_: False, allow_private=True, policies=world.policies
    )
    found = await router.route("shop.example")
    assert isinstance(found, Route)
    [destination] = found.destinations
    assert (destination.host, destination.tls, destination.server_name) == (
        "192.0.2.1",
        Tls.VERIFY,
        "mx.shop.example",
    )
    world.records["shop.example", RecordType.MX] = ["10 odd.example"]
    refused = await router.route("shop.example")
    assert isinstance(refused, NoRoute)
    assert refused.reply.line == "451 4.7.5 the MTA-STS policy of shop.example allows none of its MX hosts"


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("mx.shop.example", True),
        ("a.backup.example", True),
        ("a.b.backup.example", False),
        ("backup.example", False),
        ("xbackup.example", False),
        ("mx.shop.example.evil.example", False),
        ("", False),
    ],
)
def test_a_star_stands_for_one_label(host: str, is_allowed: bool) -> None:
    assert parse_policy(POLICY).allows(host) is is_allowed


@pytest.mark.parametrize(
    ("records", "found"),
    [
        (["v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
        (["v=STSv1;id=1"], "1"),
        (["v=spf1 -all", "v=STSv1; id=1; more=x"], "1"),
        (["v=STSv1; id=1", "v=STSv1; id=1"], None),
        (["v=STSv2; id=1"], None),
        (["v=STSv1; id="], None),
        (["v=STSv1; id=with-dash"], None),
        (["v=STSv1; id=" + "1" * 33], None),
        (["v=STSv1"], None),
        ([], None),
    ],
)
def test_a_record_counts_when_it_is_the_only_one_and_has_an_id(records: list[str], found: str | None) -> None:
    assert policy_id(records) == found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "version"),
        (POLICY.replace("STSv1", "STSv2"), "version"),
        (POLICY.replace("enforce", "maybe"), "mode"),
        (POLICY.replace("604800", "-1"), "max_age"),
        (POLICY.replace("604800", "a week"), "max_age"),
        ("version: STSv1\nmode: enforce\nmax_age: 1\n", "no MX hosts"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        parse_policy(text)


def test_a_policy_may_end_lines_plainly_have_unknown_keys_and_name_no_hosts_when_it_is_withdrawn() -> None:
    assert parse_policy("version: STSv1\nmode: none\nfuture: x\nmax_age: 99999999999"[:-1]) == StsPolicy(
        Mode.NONE, LONGEST_AGE
    )
    assert parse_policy(POLICY + "mode: none\r\n").mode is Mode.ENFORCE


@given(st.one_of(st.text(), st.text().map(lambda text: POLICY + text)), st.lists(st.text()))
def test_whatever_a_stranger_publishes_is_a_policy_or_none(text: str, records: list[str]) -> None:
    try:
        policy = parse_policy(text)
    except PolicyError:
        pass
    else:
        assert 0 <= policy.max_age <= LONGEST_AGE
    found = policy_id([f"v=STSv1; id={each}" for each in records])
    assert found is None or found.isalnum()
