"""A running service for each scenario that asks for one, ended with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.service import Service, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.scenario)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path / "data") as started:
        yield started
