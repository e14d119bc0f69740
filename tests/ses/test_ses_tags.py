"""Message tags: the refusals word for word, the first fault first."""

import pytest

from mailgauge.ses import tags
from mailgauge.ses.errors import InvalidParameterError

NAME_CHARACTERS = "only alphanumeric ASCII characters, '_',  '-' are allowed."
VALUE_CHARACTERS = "only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed."


def test_ordinary_tags_are_taken() -> None:
    tags.check([("campaign", "spring-2026_a@b.c"), ("x" * 255, "y" * 255), ("campaign", "again")])


def test_the_two_reserved_names_for_senders_are_taken() -> None:
    tags.check([("ses:feedback-id-a", "x"), ("ses:feedback-id-b", "y")])


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("", "", "The tag name must be specified."),
        ("x" * 256, "", "The tag value must be specified."),
        ("é" * 256, "v", "Tag name cannot exceed 255 characters."),
        ("a b", "v" * 256, f"Invalid tag name <a b>: {NAME_CHARACTERS}"),
        ("ses:operation", "v", f"Invalid tag name <ses:operation>: {NAME_CHARACTERS}"),
        ("n", "v " * 128, "Tag value cannot exceed 255 characters."),
        ("n", "a b", f"Invalid tag value <a b>: {VALUE_CHARACTERS}"),
        ("n", "v\n", f"Invalid tag value <v\n>: {VALUE_CHARACTERS}"),
    ],
)
def test_refusals_come_in_order(name: str, value: str, text: str) -> None:
    with pytest.raises(InvalidParameterError) as error:
        tags.check([("fine", "fine"), (name, value)])
    assert str(error.value) == text


def test_there_is_a_most() -> None:
    tags.check([("n", "v")] * 50)
    with pytest.raises(InvalidParameterError):
        tags.check([("n", "v")] * 51)
