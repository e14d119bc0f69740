"""Every harness of `make fuzz` runs, and nothing that one of them once found is wrong any more."""

import pytest

from tests.fuzz import harnesses


@pytest.mark.parametrize("name", harnesses.names())
def test_a_harness_takes_its_seeds_and_what_was_found(name: str) -> None:
    harness = harnesses.load(name)
    for seed in harness.seeds:
        harness.one_input(seed)
        harness.one_input(seed[: len(seed) // 2])
    harness.one_input(b"")
