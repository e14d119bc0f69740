"""A real store with the tables of SES, and values that every test of it needs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgauge.base.scope import Scope
from mailgauge.destinations import versions
from mailgauge.ses import schema
from mailgauge.store.sqlite import SqliteStore


@pytest.fixture
def here() -> Scope:
    return Scope("000000000000", "us-east-1")


@pytest.fixture
def elsewhere() -> Scope:
    return Scope("000000000000", "eu-west-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "mail.db", [versions.SCHEMA, schema.SCHEMA])
    yield opened
    opened.close()
