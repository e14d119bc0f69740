"""The Feedback-ID field says who sent, in four parts, whatever a message's tags hold."""

import pytest

from mailgauge.events.facts import Facts
from mailgauge.mail.headers import split, values
from mailgauge.mail.normalise import prepare
from mailgauge.ses import feedback_id


def facts(**tags: str) -> Facts:
    return Facts(
        message_id="m",
        time=0.0,
        account="111122223333",
        region="us-east-1",
        source="a@example.com",
        destination=["b@example.net"],
        tags={f"ses:feedback-id-{name}": [value] for name, value in tags.items()},
    )


@pytest.mark.parametrize(
    ("tags", "service", "value"),
    [
        ({}, "Mailgauge", "::111122223333:Mailgauge"),
        ({"a": "spring", "b": "v2"}, "Mailgauge", "spring:v2:111122223333:Mailgauge"),
        ({"b": "only"}, "The Mail of Our House", ":only:111122223333:TheMailofOurHou"),
        ({"a": "x:y\r\nBcc: evil@example.net"}, "Mailgauge", "xyBccevil@example.net::111122223333:Mailgauge"),
    ],
)
def test_it_has_four_parts(tags: dict[str, str], service: str, value: str) -> None:
    assert feedback_id.value(facts(**tags), service) == value


def test_one_of_the_senders_own_stays_the_only_one() -> None:
    def prepared(raw: bytes) -> list[str]:
        return values(split(prepare(raw, "<id>", "d", None, "a:b:c:d")).fields, "Feedback-ID")

    assert prepared(b"Subject: x\r\n\r\n") == ["a:b:c:d"]
    assert prepared(b"feedback-id: mine\r\n\r\n") == ["mine"]
