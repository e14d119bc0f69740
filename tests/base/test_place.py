"""Tokens of places: what was put in comes out, and nothing else is taken."""

from typing import Any

import pytest

from mailgauge.base.place import from_token, to_token


@pytest.mark.parametrize("place", ["", "näme", 5, [1, "a", None], {"now": 1.5}])
def test_a_place_comes_back(place: Any) -> None:
    assert from_token(to_token(place)) == place


@pytest.mark.parametrize("token", ["", "not a token", "é", "a", "____"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_token(token)
