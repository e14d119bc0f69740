import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgauge.iam import bootstrap, keys
from mailgauge.iam.keys import KeyProblemError, NewKey
from mailgauge.iam.policies import Policy
from mailgauge.iam.schema import SCHEMA
from mailgauge.iam.secrets import MasterKey, MasterKeyError
from mailgauge.store.sqlite import SqliteStore

ACCOUNT = "123456789012"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore.open(tmp_path / "mail.db", [SCHEMA])
    yield store
    store.close()


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return MasterKey.load_or_create(tmp_path / "master.key")


async def make(store: SqliteStore, master: MasterKey, name: str = "alice", account: str = ACCOUNT) -> NewKey:
    return await store.write(
        lambda tx: keys.create(tx, master, account=account, user_name=name, policy=Policy.SEND, now=5.0)
    )


async def test_a_new_key_looks_like_one_of_aws(store: SqliteStore, master: MasterKey) -> None:
    made = await make(store, master)
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", made.key.access_key_id)
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", made.secret)
    assert made.key.reveal(master) == made.secret
    assert made.secret.encode() not in made.key.sealed_secret
    assert made.secret not in repr(made.key)
    assert made.secret not in repr(made)


async def test_keys_are_found_listed_and_disabled(store: SqliteStore, master: MasterKey) -> None:
    first, second = (await make(store, master)).key, (await make(store, master, "bob", "210987654321")).key
    assert await store.read(lambda tx: keys.find(tx, second.access_key_id)) == second
    assert await store.read(lambda tx: keys.find(tx, "AKIANOBODY")) is None
    assert sorted(k.user_name for k in await store.read(keys.list_keys)) == ["alice", "bob"]
    assert sorted(await store.read(keys.accounts)) == [ACCOUNT, "210987654321"]
    disabled = await store.write(lambda tx: keys.disable(tx, first.access_key_id, 7.0))
    again = await store.write(lambda tx: keys.disable(tx, first.access_key_id, 9.0))
    assert disabled.disabled == again.disabled == 7.0
    with pytest.raises(KeyProblemError, match="there is no key AKIANOBODY"):
        await store.write(lambda tx: keys.disable(tx, "AKIANOBODY", 7.0))


@pytest.mark.parametrize(
    ("account", "name"),
    [("12345", "a"), ("12345678901x", "a"), (ACCOUNT, ""), (ACCOUNT, "a b"), (ACCOUNT, "a/b")],
)
async def test_accounts_and_user_names_are_those_that_arns_can_hold(
    store: SqliteStore, master: MasterKey, account: str, name: str
) -> None:
    with pytest.raises(KeyProblemError):
        await make(store, master, name, account)


async def test_the_first_start_makes_one_key_with_full_rights_and_later_starts_none(
    store: SqliteStore, master: MasterKey
) -> None:
    made = await store.write(lambda tx: bootstrap.first_key(tx, master, 1.0))
    assert made is not None
    assert re.fullmatch(r"[1-9]\d{11}", made.key.account)
    assert (made.key.policy, made.key.user_name) == (Policy.FULL, "admin")
    await store.write(lambda tx: keys.disable(tx, made.key.access_key_id, 2.0))
    assert await store.write(lambda tx: bootstrap.first_key(tx, master, 3.0)) is None


async def test_a_missing_or_foreign_master_key_is_noticed_at_the_start(
    store: SqliteStore, master: MasterKey, tmp_path: Path
) -> None:
    await make(store, master)
    await store.read(lambda tx: bootstrap.open_master_key(tx, tmp_path / "master.key"))
    MasterKey.load_or_create(tmp_path / "foreign")
    with pytest.raises(MasterKeyError, match="put back the master"):
        await store.read(lambda tx: bootstrap.open_master_key(tx, tmp_path / "foreign"))
    with pytest.raises(MasterKeyError, match="can't be read"):
        await store.read(lambda tx: bootstrap.open_master_key(tx, tmp_path / "missing"))
    assert not (tmp_path / "missing").exists()
