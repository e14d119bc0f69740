"""Tables of expression cases: how their values are compared."""

from typing import Any

import pytest

_: None = None
"""No point."""


def same(found: Any, expected: Any) -> None:
    """Numbers to rounding, in the same lists, with points missing at the same places."""
    if isinstance(expected, list):
        assert isinstance(found, list), f"{found} is no list"
        assert len(found) == len(expected), f"{found} is not as long as {expected}"
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    elif expected is None:
        assert found is None
    else:
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)
