"""Row by row: what each dimension source publishes, and when nothing is."""

from typing import Any

import pytest

from mailgauge.destinations.definitions import CloudWatchTarget, Dimension, Source
from mailgauge.destinations.dimensions import Dropped, resolve
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind

NOTHING_MORE: dict[str, Any] = {}


def facts(
    tags: dict[str, list[str]] | None = None,
    headers: list[tuple[str, str]] | None = None,
    source: str = "a@x.example",
) -> Facts:
    return Facts(
        message_id="0" * 60,
        time=1.0,
        account="000000000000",
        region="us-east-1",
        source=source,
        destination=["b@y.example"],
        tags=tags or {},
        headers=headers or [],
    )


def tag(name: str, default: str = "none") -> Dimension:
    return Dimension(name, Source.MESSAGE_TAG, default)


def header(name: str, default: str = "none") -> Dimension:
    return Dimension(name, Source.EMAIL_HEADER, default)


def link(name: str, default: str = "none") -> Dimension:
    return Dimension(name, Source.LINK_TAG, default)


def values(
    *dimensions: Dimension, of: Facts, kind: Kind = Kind.SEND, detail: dict[str, Any] = NOTHING_MORE
) -> dict[str, str] | Dropped | None:
    return resolve(CloudWatchTarget(dimensions), kind, of, detail)


def test_a_message_tag_gives_its_first_value() -> None:
    assert values(tag("campaign"), of=facts({"campaign": ["spring", "summer"]})) == {"campaign": "spring"}


def test_an_absent_message_tag_gives_the_default() -> None:
    assert values(tag("campaign", "other"), of=facts({"genre": ["jazz"]})) == {"campaign": "other"}


def test_tag_names_keep_their_case() -> None:
    assert values(tag("Campaign"), of=facts({"campaign": ["spring"]})) == {"Campaign": "none"}


def test_an_auto_tag_is_a_message_tag() -> None:
    found = values(tag("ses:configuration-set"), of=facts({"ses:configuration-set": ["news"]}))
    assert found == {"ses:configuration-set": "news"}


def test_an_auto_tag_that_is_not_known_yet_gives_the_default() -> None:
    assert values(tag("ses:outgoing-ip", "unknown"), of=facts()) == {"ses:outgoing-ip": "unknown"}


def test_an_auto_tag_of_the_event_is_used() -> None:
    detail = {"tags": {"ses:outgoing-ip": ["192.0.2.7"]}}
    found = values(tag("ses:outgoing-ip"), of=facts(), kind=Kind.DELIVERY, detail=detail)
    assert found == {"ses:outgoing-ip": "192.0.2.7"}


def test_auto_tag_values_are_published_as_they_are() -> None:
    assert values(tag("ses:source-ip"), of=facts({"ses:source-ip": ["2001:db8::1"]})) == {
        "ses:source-ip": "2001:db8::1"
    }


def test_feedback_ids_are_the_senders_own_tags_and_follow_their_rules() -> None:
    assert isinstance(values(tag("ses:feedback-id-a"), of=facts({"ses:feedback-id-a": ["a:b"]})), Dropped)


def test_a_header_is_found_in_any_case() -> None:
    assert values(header("X-Campaign"), of=facts(headers=[("x-campaign", " spring ")])) == {
        "X-Campaign": "spring"
    }


@pytest.mark.parametrize("headers", [[], [("X-Campaign", "")], [("X-Campaign", "  ")]])
def test_an_absent_or_empty_header_gives_the_default(headers: list[tuple[str, str]]) -> None:
    assert values(header("X-Campaign"), of=facts(headers=headers)) == {"X-Campaign": "none"}


@pytest.mark.parametrize("value", ["two words", "caf\u00e9", "a:b", "a/b", "=?utf-8?q?x?=", "x\x00"])
def test_an_illegal_character_publishes_nothing_not_even_the_default(value: str) -> None:
    assert values(header("X-Campaign"), of=facts(headers=[("X-Campaign", value)])) == Dropped(
        "X-Campaign", "illegal character"
    )
    assert values(tag("campaign"), of=facts({"campaign": [value]})) == Dropped(
        "campaign", "illegal character"
    )


def test_every_legal_character_is_published() -> None:
    legal = "Az09_-@."
    assert values(tag("campaign"), of=facts({"campaign": [legal]})) == {"campaign": legal}


def test_a_value_longer_than_a_dimension_can_be_publishes_nothing() -> None:
    assert values(header("X-Id"), of=facts(headers=[("X-Id", "x" * 257)])) == Dropped("X-Id", "too long")


def test_one_illegal_value_drops_the_whole_datum() -> None:
    of = facts({"campaign": ["spring"], "genre": ["drum and bass"]})
    assert values(tag("campaign"), tag("genre"), of=of) == Dropped("genre", "illegal character")


def test_all_dimensions_are_on_one_datum() -> None:
    of = facts({"campaign": ["spring"]}, headers=[("X-Team", "blue")])
    found = values(tag("campaign"), tag("genre"), header("X-Team"), of=of)
    assert found == {"campaign": "spring", "genre": "none", "X-Team": "blue"}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.is_event and kind is not Kind.CLICK])
def test_a_link_tag_destination_publishes_clicks_only(kind: Kind) -> None:
    assert values(tag("campaign"), link("position"), of=facts(), kind=kind) is None


def test_a_click_brings_the_tag_of_its_link() -> None:
    detail = {"link": "https://x.example/", "linkTags": {"position": ["top", "left"]}}
    assert values(link("position"), of=facts(), kind=Kind.CLICK, detail=detail) == {"position": "top"}


@pytest.mark.parametrize("detail", [{}, {"linkTags": None}, {"linkTags": {"other": ["x"]}}])
def test_a_click_on_a_link_without_the_tag_gives_the_default(detail: dict[str, Any]) -> None:
    assert values(link("position"), of=facts(), kind=Kind.CLICK, detail=detail) == {"position": "none"}
