"""The secrets of webhooks: one for each account, sealed, and two in force for a day after a change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgauge.iam import webhook_secrets
from mailgauge.iam.secrets import MasterKey, MasterKeyError
from mailgauge.iam.webhook_secrets import OVERLAP, ensure, in_force, rotate
from mailgauge.store.sqlite import SqliteStore

ACCOUNT, OTHER = "111122223333", "444455556666"
MASTER = MasterKey(bytes(32))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore.open(tmp_path / "mail.db", [webhook_secrets.SCHEMA])
    yield store
    store.close()


async def test_an_account_has_a_secret_once_it_asks_and_keeps_it(store: SqliteStore) -> None:
    assert await store.read(lambda tx: in_force(tx, MASTER, ACCOUNT, 0)) == []
    [first] = await store.write(lambda tx: ensure(tx, MASTER, ACCOUNT, 1))
    assert len(first) == 32
    assert await store.write(lambda tx: ensure(tx, MASTER, ACCOUNT, 2)) == [first]
    [other] = await store.write(lambda tx: ensure(tx, MASTER, OTHER, 2))
    assert other != first


async def test_a_replaced_secret_stays_in_force_for_a_day(store: SqliteStore) -> None:
    [old] = await store.write(lambda tx: ensure(tx, MASTER, ACCOUNT, 1))
    new, still = await store.write(lambda tx: rotate(tx, MASTER, ACCOUNT, 100))
    assert still == old != new
    assert await store.read(lambda tx: in_force(tx, MASTER, ACCOUNT, 99 + OVERLAP)) == [new, old]
    assert await store.read(lambda tx: in_force(tx, MASTER, ACCOUNT, 100 + OVERLAP)) == [new]


async def test_of_many_changes_at_once_the_last_two_count(store: SqliteStore) -> None:
    await store.write(lambda tx: ensure(tx, MASTER, ACCOUNT, 1))
    before, _ = await store.write(lambda tx: rotate(tx, MASTER, ACCOUNT, 1))
    newest, second = await store.write(lambda tx: rotate(tx, MASTER, ACCOUNT, 1))
    assert second == before != newest


async def test_a_secret_is_sealed_for_its_account(store: SqliteStore) -> None:
    [secret] = await store.write(lambda tx: ensure(tx, MASTER, ACCOUNT, 1))
    rows = await store.read(lambda tx: tx.run("SELECT secret FROM webhook_secret"))
    assert secret not in bytes(rows[0][0])
    await store.write(lambda tx: tx.run("UPDATE webhook_secret SET account = ?", (OTHER,)))
    with pytest.raises(MasterKeyError):
        await store.read(lambda tx: in_force(tx, MASTER, OTHER, 1))
