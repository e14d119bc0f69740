"""Message ids, as SES makes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.ids import new_message_id, pack_message_id, unpack_message_id
from mailgauge.base.scope import Scope


@given(st.sampled_from(["us-east-1", "eu-west-3", "ap-south-1"]), st.floats(0, 4e9))
def test_an_id_has_sixty_characters_and_survives_packing(region: str, now: float) -> None:
    message_id = new_message_id(region, now)
    assert len(message_id) == 60
    assert len(pack_message_id(message_id)) == 24
    assert unpack_message_id(pack_message_id(message_id)) == message_id


def test_an_id_tells_region_and_millisecond() -> None:
    message_id = new_message_id("us-east-1", 1_501_893_662.669)
    assert message_id.startswith("0100")
    assert int(message_id[4:16], 16) == 1_501_893_662_669


def test_later_ids_of_a_region_sort_behind_earlier_ones() -> None:
    assert new_message_id("us-east-1", 100.0) < new_message_id("us-east-1", 100.001)


@given(st.text(max_size=70))
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a message id|non-hexadecimal"):
        pack_message_id(text)


def test_a_scope_survives_its_key() -> None:
    assert Scope.from_key(Scope("123456789012", "eu-west-1").key) == Scope("123456789012", "eu-west-1")
