"""Queues for each test that asks for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sqs.queue_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    opened = Bench.open(tmp_path)
    yield opened
    opened.store.close()
