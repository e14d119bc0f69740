"""What doctor says of topics: notifications that nobody got, and links that lead nowhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailgauge.config.options import Config
from mailgauge.server.topic_checks import find_address, topic_checks
from mailgauge.sns.delivering import NotDeliveredError
from tests.sns.delivery_world import World, world


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def told(there: World, config: Config | None = None) -> list[str]:
    looks = topic_checks(config or Config(), there.store, there.clock)
    return [finding.text for look in looks for finding in await look()]


async def test_nothing_is_said_where_there_are_no_subscribers(there: World) -> None:
    assert await told(there) == []
    await there.subscribe("arn:aws:sqs:us-east-1:123456789012:queue", "sqs")
    assert await told(there) == []


async def test_what_could_not_be_delivered_is_told_with_the_reason(there: World) -> None:
    config = Config()
    config.service.url = "https://mail.sender.example"
    await there.subscribe()
    await there.publish("hello")
    there.endpoint.failures = [NotDeliveredError("no such place", permanent=True)]
    await there.rounds()
    assert await told(there, config) == [
        "1 notifications of topics could not be delivered; of the last: no such place"
    ]


async def test_deliveries_that_wait_too_long_are_told_of(there: World) -> None:
    config = Config()
    config.service.url = "https://mail.sender.example"
    await there.subscribe()
    await there.publish("hello")
    assert await told(there, config) == []
    there.clock.step(301)
    assert await told(there, config) == [
        "notifications of topics have been waiting for their delivery for 301 s"
    ]


async def test_links_that_lead_to_this_machine_alone_are_told_of_once_somebody_subscribes(
    there: World,
) -> None:
    await there.subscribe()
    [text] = await told(there)
    assert (
        text == "subscribers of topics are sent links to http://127.0.0.1:4566, where only this machine gets"
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://mail.sender.example", "want https://"),
        ("https://localhost:4566", "only this machine"),
        ("https://mail.sender.example", ""),
    ],
)
def test_programs_that_verify_signatures_want_https(url: str, says: str) -> None:
    config = Config()
    config.service.url = url
    found = [finding.text for finding in find_address(config)]
    assert len(found) == bool(says)
    assert says in "".join(found)
