"""Configuration sets and their event destinations: each change of what is published is a new version."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from mailgauge.base.scope import Scope
from mailgauge.destinations import versions
from mailgauge.destinations.definitions import (
    CloudWatchTarget,
    Dimension,
    EventDestination,
    SnsTarget,
    Source,
)
from mailgauge.events.kinds import Kind
from mailgauge.ses import arns, configuration_sets, event_destinations, resource_tags
from mailgauge.ses.configuration_sets import ConfigurationSet, Options
from mailgauge.ses.errors import (
    ConfigurationSetExistsError,
    ConfigurationSetNotFoundError,
    EventDestinationExistsError,
    EventDestinationNotFoundError,
    InvalidParameterError,
    LimitExceededError,
)
from mailgauge.store.sqlite import SqliteStore

METRICS = CloudWatchTarget((Dimension("campaign", Source.MESSAGE_TAG, "none"),))


def destination(name: str, *, enabled: bool = True) -> EventDestination:
    return EventDestination(name, enabled, frozenset({Kind.SEND}), METRICS)


async def make(store: SqliteStore, scope: Scope, name: str = "news") -> None:
    await store.write(lambda tx: configuration_sets.create(tx, scope, name, 100.0))


async def current(store: SqliteStore, scope: Scope, name: str = "news") -> ConfigurationSet:
    return await store.read(lambda tx: configuration_sets.get(tx, scope, name))


async def test_a_new_set_sends_and_publishes_nothing(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    made = await current(store, here)
    assert (made.name, made.created, made.sending_enabled, made.max_delivery_seconds) == (
        "news",
        100.0,
        True,
        None,
    )
    assert await store.read(lambda tx: event_destinations.of(tx, here, "news")) == ()


async def test_sets_belong_to_an_account_and_a_region(
    store: SqliteStore, here: Scope, elsewhere: Scope
) -> None:
    await make(store, here)
    assert await store.read(lambda tx: configuration_sets.current(tx, elsewhere, "news")) is None
    await make(store, elsewhere)


async def test_a_name_is_taken_once(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    with pytest.raises(ConfigurationSetExistsError, match=r"^Configuration set <news> already exists.$"):
        await make(store, here)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "The configuration set name must be specified."),
        ("x" * 65, "Configuration set name cannot exceed 64 characters."),
        (
            "a b",
            "Invalid configuration set name <a b>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
        ),
    ],
)
async def test_names_are_checked(store: SqliteStore, here: Scope, name: str, text: str) -> None:
    with pytest.raises(InvalidParameterError) as error:
        await make(store, here, name)
    assert str(error.value) == text


async def test_each_change_of_destinations_is_a_new_version_and_old_ones_stay(
    store: SqliteStore, here: Scope
) -> None:
    await make(store, here)
    seen = [(await current(store, here)).version]
    await store.write(lambda tx: event_destinations.create(tx, here, "news", destination("a"), 101.0))
    seen.append((await current(store, here)).version)
    off = destination("a", enabled=False)
    await store.write(lambda tx: event_destinations.update(tx, here, "news", off, 102.0))
    seen.append((await current(store, here)).version)
    await store.write(lambda tx: event_destinations.delete(tx, here, "news", "a", 103.0))
    seen.append((await current(store, here)).version)
    assert seen == sorted(set(seen))
    kept = await store.read(lambda tx: versions.load(tx, seen))
    assert [kept[number].destinations for number in seen] == [(), (destination("a"),), (off,), ()]


async def test_what_publishing_does_not_depend_on_keeps_the_version(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    before = await current(store, here)
    await store.write(lambda tx: configuration_sets.set_sending_enabled(tx, here, "news", 1.0, enabled=False))
    await store.write(lambda tx: configuration_sets.set_max_delivery_seconds(tx, here, "news", 600))
    after = await current(store, here)
    assert after.version == before.version
    assert (after.sending_enabled, after.max_delivery_seconds) == (False, 600)


async def test_an_update_that_changes_nothing_makes_no_version(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    await store.write(lambda tx: event_destinations.create(tx, here, "news", destination("a"), 101.0))
    before = await current(store, here)
    await store.write(lambda tx: event_destinations.update(tx, here, "news", destination("a"), 102.0))
    assert await current(store, here) == before


async def test_a_deleted_set_leaves_its_versions(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    number = (await current(store, here)).version
    await store.write(lambda tx: configuration_sets.delete(tx, here, "news"))
    assert await store.read(lambda tx: configuration_sets.current(tx, here, "news")) is None
    assert number in await store.read(lambda tx: versions.load(tx, [number]))
    with pytest.raises(ConfigurationSetNotFoundError, match=r"^Configuration set <news> does not exist.$"):
        await store.write(lambda tx: configuration_sets.delete(tx, here, "news"))


async def test_a_set_made_again_never_gets_an_old_version(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    first = (await current(store, here)).version
    await store.write(lambda tx: configuration_sets.delete(tx, here, "news"))
    await make(store, here)
    assert (await current(store, here)).version > first


async def test_switching_sending_on_again_is_a_fresh_start(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    await store.write(
        lambda tx: configuration_sets.set_sending_enabled(tx, here, "news", 150.0, enabled=True)
    )
    assert (await current(store, here)).last_fresh_start is None
    await store.write(
        lambda tx: configuration_sets.set_sending_enabled(tx, here, "news", 200.0, enabled=False)
    )
    await store.write(
        lambda tx: configuration_sets.set_sending_enabled(tx, here, "news", 300.0, enabled=True)
    )
    assert (await current(store, here)).last_fresh_start == 300.0


@pytest.mark.parametrize("seconds", [299, 50_401])
async def test_the_delivery_time_has_bounds(store: SqliteStore, here: Scope, seconds: int) -> None:
    with pytest.raises(InvalidParameterError):
        await store.write(
            lambda tx: configuration_sets.create(
                tx, here, "news", 1.0, options=Options(max_delivery_seconds=seconds)
            )
        )


async def test_destination_names_are_taken_once(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    await store.write(lambda tx: event_destinations.create(tx, here, "news", destination("a"), 101.0))
    with pytest.raises(
        EventDestinationExistsError,
        match=r"^An event destination with name <a> already exists for configuration set <news>.$",
    ):
        await store.write(lambda tx: event_destinations.create(tx, here, "news", destination("a"), 101.0))


async def test_ten_destinations_are_the_most(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    for n in range(10):
        more = destination(f"d{n}")
        await store.write(
            partial(
                event_destinations.create, scope=here, configuration_set="news", destination=more, now=1.0
            )
        )
    with pytest.raises(LimitExceededError):
        await store.write(lambda tx: event_destinations.create(tx, here, "news", destination("more"), 101.0))


async def test_an_update_may_change_the_kind_of_target(
    store: SqliteStore, here: Scope, make_topic: Callable[[str], Awaitable[str]]
) -> None:
    await make(store, here)
    await store.write(lambda tx: event_destinations.create(tx, here, "news", destination("a"), 101.0))
    topic = SnsTarget(await make_topic("events"))
    changed = EventDestination("a", True, frozenset({Kind.BOUNCE}), topic)
    await store.write(lambda tx: event_destinations.update(tx, here, "news", changed, 102.0))
    assert await store.read(lambda tx: event_destinations.of(tx, here, "news")) == (changed,)


async def test_a_destination_that_is_not_there_is_named_by_its_set(store: SqliteStore, here: Scope) -> None:
    await make(store, here)
    with pytest.raises(EventDestinationNotFoundError, match=r"^No EventDestination found for news$"):
        await store.write(lambda tx: event_destinations.delete(tx, here, "news", "a", 102.0))
    with pytest.raises(EventDestinationNotFoundError):
        await store.write(lambda tx: event_destinations.update(tx, here, "news", destination("a"), 102.0))


async def test_sets_are_listed_by_name(store: SqliteStore, here: Scope, elsewhere: Scope) -> None:
    for name in ("b", "c", "a"):
        await make(store, here, name)
    await make(store, elsewhere, "d")
    assert await store.read(lambda tx: configuration_sets.names(tx, here, "", 2)) == ["a", "b"]
    assert await store.read(lambda tx: configuration_sets.names(tx, here, "b", 2)) == ["c"]


async def test_tags_go_with_their_set(store: SqliteStore, here: Scope) -> None:
    await store.write(lambda tx: configuration_sets.create(tx, here, "news", 1.0, tags={"team": "blue"}))
    resource = resource_tags.key(arns.CONFIGURATION_SET, "news")
    assert await store.read(lambda tx: resource_tags.of(tx, here, resource)) == {"team": "blue"}
    await store.write(lambda tx: configuration_sets.delete(tx, here, "news"))
    assert await store.read(lambda tx: resource_tags.of(tx, here, resource)) == {}
