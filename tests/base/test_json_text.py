"""JSON for queues: the same document, in characters that they take."""

import json

import orjson
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.json_text import json_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\ufffe\uffff\\"))


@given(st.dictionaries(TEXTS, TEXTS))
def test_it_says_the_same_without_what_queues_refuse(value: dict[str, str]) -> None:
    text = json_text(orjson.dumps(value))
    assert json.loads(text) == value
    assert not {"\ufffe", "\uffff"} & set(text)
