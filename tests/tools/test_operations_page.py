"""The operations reference is current, speaks of every operation, and admits what is missing."""

import pytest

from tools import docs, operations_page
from tools.operations_page import Operation

SERVICES = operations_page.operations()


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_page_is_current() -> None:
    name = "docs/reference/operations.md"
    assert not docs.stale(docs.ROOT, {name: docs.PAGES[name]}), "run make docs"


def named(service: str, *, answered: bool, pending: bool) -> list[str]:
    def wanted(each: Operation) -> bool:
        return each.importance != "out" and each.answered is answered and each.pending is pending

    return [each.name for each in SERVICES[service] if wanted(each)]


def test_no_essential_or_useful_operation_is_missing_unadmitted(service: str) -> None:
    assert named(service, answered=False, pending=False) == []


def test_what_was_built_is_no_longer_called_pending(service: str) -> None:
    assert named(service, answered=True, pending=True) == [], (
        "take them off the list in tools/operations.toml"
    )


def test_nothing_that_is_out_of_scope_is_answered(service: str) -> None:
    assert [each.name for each in SERVICES[service] if each.importance == "out" and each.answered] == []


def test_only_operations_of_the_service_model_are_spoken_of(service: str) -> None:
    assert operations_page.named()[service] <= {each.name for each in SERVICES[service]}
