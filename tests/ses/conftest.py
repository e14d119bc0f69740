"""Real stores with the tables of SES and of metrics, and a client of the control operations on them."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from mailgauge.aws.request import Caller
from mailgauge.base.scope import Scope
from mailgauge.destinations import versions
from mailgauge.iam.secrets import MasterKey
from mailgauge.ses import contact_lists, identity_schema, ip_pools, schema, templates
from mailgauge.ses.account import Policy
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.verification import Mode, Verification
from mailgauge.sns import schema as sns
from mailgauge.sns import topics
from mailgauge.sns.model import Topic
from mailgauge.store.sqlite import SqliteStore
from mailgauge.tsdb.rows import RowEngine
from mailgauge.tsdb.schema import SCHEMA as TSDB_SCHEMA
from tests.ses.control_client import NOW, Client


@pytest.fixture
def here() -> Scope:
    return Scope("000000000000", "us-east-1")


@pytest.fixture
def elsewhere() -> Scope:
    return Scope("000000000000", "eu-west-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(
        tmp_path / "mail.db",
        [
            versions.SCHEMA,
            schema.SCHEMA,
            identity_schema.SCHEMA,
            ip_pools.SCHEMA,
            contact_lists.SCHEMA,
            templates.SCHEMA,
            sns.SCHEMA,
        ],
    )
    yield opened
    opened.close()


@pytest.fixture
async def make_topic(store: SqliteStore, here: Scope) -> Callable[[str], Awaitable[str]]:
    """Makes a topic and gives its ARN."""

    async def make(name: str) -> str:
        topic = Topic(here, name)
        await store.write(lambda tx: topics.add(tx, topic))
        return topic.arn

    return make


@pytest.fixture
def metrics(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "metrics.db", [TSDB_SCHEMA])
    yield opened
    opened.close()


@pytest.fixture
def make_client(store: SqliteStore, metrics: SqliteStore, here: Scope) -> Callable[[Verification], Client]:
    def make(verification: Verification) -> Client:
        parts = Parts(store, metrics, RowEngine(), Policy(), verification)
        return Client(parts, Caller(here, "root", "000000000000", "127.0.0.1", None, "request", NOW))

    return make


@pytest.fixture
def client(make_client: Callable[[Verification], Client]) -> Client:
    return make_client(Verification(Mode.AUTOMATIC, master=MasterKey(bytes(32))))
