"""Identities: what covers an address, the most specific first, and the time to prove oneself."""

from functools import partial

import pytest

from mailgauge.base.scope import Scope
from mailgauge.ses import configuration_sets, identities
from mailgauge.ses.errors import (
    ConfigurationSetNotFoundError,
    IdentityExistsError,
    IdentityNotFoundError,
    InvalidParameterError,
)
from mailgauge.ses.identities import IdentityType
from mailgauge.ses.standing import Status
from mailgauge.store.sqlite import SqliteStore


async def verified(store: SqliteStore, scope: Scope, *names: str) -> None:
    for name in names:
        await store.write(partial(identities.ensure, scope=scope, name=name, now=100.0))
        await store.write(partial(identities.mark_verified, scope=scope, name=name, now=100.0))


async def covering(store: SqliteStore, scope: Scope, address: str) -> str | None:
    found = await store.read(lambda tx: identities.find_verified(tx, scope, address))
    return None if found is None else found.name


@pytest.mark.parametrize(
    ("address", "identity"),
    [
        ("joe@mail.shop.example", "joe@mail.shop.example"),
        ("joe+news@mail.shop.example", "joe@mail.shop.example"),
        ("ann@mail.shop.example", "mail.shop.example"),
        ("ann@a.b.mail.shop.example", "mail.shop.example"),
        ("ann@other.shop.example", "shop.example"),
        ("ann@SHOP.Example", "shop.example"),
        ("ann@workshop.example", None),
        ("ann@example", None),
        ("Case@letters.example", "Case@letters.example"),
        ("case@letters.example", None),
        ("Case+x+y@letters.example", "Case@letters.example"),
    ],
)
async def test_the_most_specific_verified_identity_covers_an_address(
    store: SqliteStore, here: Scope, address: str, identity: str | None
) -> None:
    await verified(
        store, here, "shop.example", "mail.shop.example", "joe@mail.shop.example", "Case@letters.example"
    )
    assert await covering(store, here, address) == identity


async def test_what_is_pending_or_elsewhere_covers_nothing(
    store: SqliteStore, here: Scope, elsewhere: Scope
) -> None:
    await store.write(lambda tx: identities.create(tx, here, "shop.example", 100.0))
    await verified(store, elsewhere, "shop.example")
    assert await covering(store, here, "ann@shop.example") is None
    assert await covering(store, elsewhere, "ann@shop.example") == "shop.example"


async def test_unverified_addresses_are_named_once_in_order(store: SqliteStore, here: Scope) -> None:
    await verified(store, here, "shop.example")
    asked = ["z@x.example", "a@shop.example", "a@x.example", "z@x.example"]
    assert await store.read(lambda tx: identities.unverified_of(tx, here, asked)) == [
        "z@x.example",
        "a@x.example",
    ]


async def test_the_arn_names_the_identity(store: SqliteStore, here: Scope) -> None:
    made = await store.write(lambda tx: identities.create(tx, here, "joe@shop.example", 100.0))
    assert made.arn == "arn:aws:ses:us-east-1:000000000000:identity/joe@shop.example"


async def test_domains_are_kept_in_lower_case(store: SqliteStore, here: Scope) -> None:
    made = await store.write(lambda tx: identities.create(tx, here, "Shop.Example", 100.0))
    assert (made.name, made.type) == ("shop.example", IdentityType.DOMAIN)
    assert await store.read(lambda tx: identities.find(tx, here, "SHOP.EXAMPLE")) == made


async def test_a_domain_has_three_dkim_tokens_that_stay(store: SqliteStore, here: Scope) -> None:
    first = await store.write(lambda tx: identities.ensure(tx, here, "shop.example", 100.0))
    again = await store.write(lambda tx: identities.ensure(tx, here, "shop.example", 200.0))
    assert len(set(first.dkim_tokens)) == 3
    assert all(len(token) == 32 and token.isalnum() and token == token.lower() for token in first.dkim_tokens)
    assert (again.dkim_tokens, again.token) == (first.dkim_tokens, first.token)


async def test_an_identity_is_created_once(store: SqliteStore, here: Scope) -> None:
    await store.write(lambda tx: identities.create(tx, here, "joe@shop.example", 100.0))
    with pytest.raises(IdentityExistsError):
        await store.write(lambda tx: identities.create(tx, here, "joe@shop.example", 100.0))


@pytest.mark.parametrize(
    "name", ["joe@", "@shop.example", "Joe <joe@shop.example>", "jo e@shop.example", "a@b@c"]
)
async def test_what_is_no_address_is_refused(store: SqliteStore, here: Scope, name: str) -> None:
    with pytest.raises(InvalidParameterError, match="Invalid email address"):
        await store.write(lambda tx: identities.create(tx, here, name, 100.0))


@pytest.mark.parametrize(
    "name", ["", "example", "-x.example", "a..example", "a b.example", "x" * 64 + ".example"]
)
async def test_what_is_no_domain_is_refused(store: SqliteStore, here: Scope, name: str) -> None:
    with pytest.raises(InvalidParameterError, match="Invalid domain name"):
        await store.write(lambda tx: identities.create(tx, here, name, 100.0))


async def test_what_is_not_proved_in_time_has_failed(store: SqliteStore, here: Scope) -> None:
    address = await store.write(lambda tx: identities.create(tx, here, "joe@shop.example", 0.0))
    domain = await store.write(lambda tx: identities.create(tx, here, "shop.example", 0.0))
    day = 24 * 3600.0
    assert [address.status(day), address.status(day + 1)] == [Status.PENDING, Status.FAILED]
    assert [domain.status(3 * day), domain.status(3 * day + 1)] == [Status.PENDING, Status.FAILED]


async def test_asking_again_gives_new_time_and_takes_nothing_away(store: SqliteStore, here: Scope) -> None:
    await store.write(lambda tx: identities.create(tx, here, "joe@shop.example", 0.0))
    again = await store.write(lambda tx: identities.ensure(tx, here, "joe@shop.example", 90_000.0))
    assert again.status(100_000.0) is Status.PENDING
    await verified(store, here, "joe@shop.example")
    still = await store.write(lambda tx: identities.ensure(tx, here, "joe@shop.example", 300_000.0))
    assert still.verified


async def test_a_default_configuration_set_must_exist(store: SqliteStore, here: Scope) -> None:
    await store.write(lambda tx: identities.create(tx, here, "shop.example", 0.0))
    with pytest.raises(ConfigurationSetNotFoundError):
        await store.write(
            lambda tx: identities.set_default_configuration_set(tx, here, "shop.example", "news")
        )
    await store.write(lambda tx: configuration_sets.create(tx, here, "news", 0.0))
    await store.write(lambda tx: identities.set_default_configuration_set(tx, here, "shop.example", "news"))
    found = await store.read(lambda tx: identities.get(tx, here, "shop.example"))
    assert found.default_configuration_set == "news"
    await store.write(lambda tx: identities.set_default_configuration_set(tx, here, "shop.example", None))
    found = await store.read(lambda tx: identities.get(tx, here, "shop.example"))
    assert found.default_configuration_set is None


async def test_a_refused_default_set_leaves_no_identity(store: SqliteStore, here: Scope) -> None:
    with pytest.raises(ConfigurationSetNotFoundError):
        await store.write(
            lambda tx: identities.create(tx, here, "shop.example", 0.0, configuration_set="news")
        )
    assert await store.read(lambda tx: identities.find(tx, here, "shop.example")) is None


async def test_identities_are_listed_by_name_and_type(store: SqliteStore, here: Scope) -> None:
    await verified(store, here, "b.example", "a@a.example", "c.example")
    everything = await store.read(lambda tx: identities.page(tx, here, "", 10))
    assert [each.name for each in everything] == ["a@a.example", "b.example", "c.example"]
    domains = await store.read(lambda tx: identities.page(tx, here, "b.example", 10, IdentityType.DOMAIN))
    assert [each.name for each in domains] == ["c.example"]


async def test_a_deleted_identity_is_gone(store: SqliteStore, here: Scope) -> None:
    await verified(store, here, "shop.example")
    await store.write(lambda tx: identities.delete(tx, here, "SHOP.example"))
    assert await covering(store, here, "a@shop.example") is None
    with pytest.raises(IdentityNotFoundError):
        await store.write(lambda tx: identities.delete(tx, here, "shop.example"))
