"""A real store with the tables of topics, and a client of the operations on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgauge.sns import schema
from mailgauge.store.sqlite import SqliteStore
from tests.sns.topic_client import Client, client_of


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    store = SqliteStore.open(tmp_path / "mail.db", [schema.SCHEMA])
    yield client_of(store)
    store.close()
