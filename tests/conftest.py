"""What every test may ask for: how long the long rounds are, and how many examples property tests try."""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

# `make test` repeats exactly: the same examples every time, and no deadline on a machine that does other work.
settings.register_profile(
    "seeded", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
settings.register_profile(
    "fuzz", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=5000
)
settings.load_profile("seeded")

Rounds = Callable[[int, int], int]


@pytest.fixture(scope="session")
def rounds() -> Rounds:
    """``rounds(short, whole)``: the first in `make test`, the second in `make soak`."""
    whole_wanted = os.environ.get("MAILGAUGE_ROUNDS") == "whole"
    return lambda short, whole: whole if whole_wanted else short
