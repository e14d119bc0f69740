"""The cache of keys and both ways of authenticating, where HTTP adds nothing to see."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest
from mailgauge.base.clock import ManualClock
from mailgauge.iam import keys
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.authentication import Open
from mailgauge.iam.keys import NewKey
from mailgauge.iam.policies import Policy
from mailgauge.iam.schema import SCHEMA
from mailgauge.iam.secrets import MasterKey
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Lane, Tx

T = TypeVar("T")


class CountingStore:
    """The real store, counting reads, each of which runs ``before_answer`` when its snapshot is taken."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.reads = 0
        self.before_answer: Callable[[], None] = lambda: None

    async def write(self, work: Callable[[Tx], T], lane: Lane = Lane.NORMAL) -> T:
        return await self._store.write(work, lane)

    async def read(self, work: Callable[[Tx], T]) -> T:
        self.reads += 1

        def then(tx: Tx) -> T:
            found = work(tx)
            self.before_answer()
            return found

        return await self._store.read(then)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CountingStore]:
    store = SqliteStore.open(tmp_path / "mail.db", [SCHEMA])
    yield CountingStore(store)
    store.close()


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return MasterKey.load_or_create(tmp_path / "master.key")


async def make(store: CountingStore, master: MasterKey) -> NewKey:
    return await store.write(
        lambda tx: keys.create(tx, master, account="123456789012", user_name="a", policy=Policy.SEND, now=0.0)
    )


async def test_a_key_is_read_once_a_second_and_carries_its_secret(
    store: CountingStore, master: MasterKey
) -> None:
    made, clock = await make(store, master), ManualClock()
    active = ActiveKeys(store, master, clock)
    for _ in range(3):
        key = await active.get(made.key.access_key_id)
        assert key is not None
        assert (key.secret, key.account, key.user_name, key.policy) == (
            made.secret,
            "123456789012",
            "a",
            Policy.SEND,
        )
    assert store.reads == 1
    assert made.secret not in repr(key)
    clock.step(1.0)
    await active.get(made.key.access_key_id)
    assert store.reads == 2


async def test_a_new_key_works_at_once_though_it_was_asked_for_before(
    store: CountingStore, master: MasterKey
) -> None:
    made = await make(store, master)
    await store.write(lambda tx: tx.run("UPDATE access_key SET access_key_id = 'moved'"))
    active = ActiveKeys(store, master, ManualClock())
    assert await active.get(made.key.access_key_id) is None
    await store.write(lambda tx: tx.run("UPDATE access_key SET access_key_id = ?", (made.key.access_key_id,)))
    assert await active.get(made.key.access_key_id) is not None


async def test_a_key_disabled_while_it_was_being_read_is_not_held(
    store: CountingStore, master: MasterKey
) -> None:
    made = await make(store, master)
    active = ActiveKeys(store, master, ManualClock())
    reading, disabled = threading.Event(), threading.Event()

    def wait_for_the_disable() -> None:
        reading.set()
        assert disabled.wait(60)

    def disable() -> None:
        reading.wait(60)
        active.forget(made.key.access_key_id)
        disabled.set()

    store.before_answer = wait_for_the_disable
    thread = threading.Thread(target=disable)
    thread.start()
    await active.get(made.key.access_key_id)
    thread.join()
    store.before_answer = lambda: None
    await store.write(lambda tx: keys.disable(tx, made.key.access_key_id, 1.0))
    assert await active.get(made.key.access_key_id) is None


async def opened(headers: dict[str, str], query: str = "") -> tuple[str, str, str, Policy]:
    request = HttpRequest("POST", "/", query, headers, b"", "127.0.0.9", "TLSv1.3")
    identity = await Open(ManualClock(7.0)).authenticate(request, "ses", "request-1")
    caller = identity.caller
    assert (caller.source_ip, caller.tls_version, caller.request_id, caller.now) == (
        "127.0.0.9",
        "TLSv1.3",
        "request-1",
        7.0,
    )
    return caller.scope.account, caller.scope.region, caller.user, identity.policy


async def test_the_open_mode_lets_anybody_in_as_root_of_the_default_account() -> None:
    assert await opened({}) == ("000000000000", "us-east-1", "root", Policy.FULL)
    assert await opened({"authorization": "Basic abc"}) == ("000000000000", "us-east-1", "root", Policy.FULL)


async def test_the_open_mode_takes_account_and_region_from_the_credential_scope() -> None:
    scope = "111122223333/20200101/eu-central-1/ses/aws4_request"
    header = {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
    assert (await opened(header))[:2] == ("111122223333", "eu-central-1")
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope.replace('/', '%2F')}&X-Amz-Expires=1"
    assert (await opened({}, query))[:2] == ("111122223333", "eu-central-1")


async def test_the_open_mode_refuses_a_region_that_is_none() -> None:
    header = {"authorization": "AWS4-HMAC-SHA256 Credential=a/20200101/EU_west/ses/aws4_request"}
    with pytest.raises(AwsError, match="valid region"):
        await opened(header)
