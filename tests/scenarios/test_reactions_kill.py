"""`kill -9` while bounces come in: each of them still has its effect, and has it once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.scenarios.auditing import settled
from tests.scenarios.refusing import refusing_server
from tests.scenarios.reputation import rate_after_a_step
from tests.scenarios.service import Service, running, wait_until

SENDER = "sender@example.com"
ROUNDS, MESSAGES = 2, 24


def send_all(service: Service, number: int) -> None:
    """One in three bounces."""
    ses = service.client("sesv2")

    def send(each: int) -> None:
        name = "gone" if each % 3 == 0 else "here"
        ses.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [f"{name}-{number}-{each}@example.net"]},
            Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}},
        )

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(send, range(MESSAGES)))


def suppressed(service: Service) -> int:
    listed = service.client("sesv2").list_suppressed_destinations()
    return len(listed["SuppressedDestinationSummaries"])


def test_each_bounce_has_its_effect_once_whenever_the_process_dies(tmp_path: Path) -> None:
    data, expected = tmp_path / "data", ROUNDS * MESSAGES // 3
    with refusing_server() as receiver:
        for number in range(ROUNDS):
            service = Service.start(data, "--capture", receiver.address)
            try:
                service.client("ses").verify_email_identity(EmailAddress=SENDER)
                send_all(service, number)
            finally:
                service.kill()
        with running(data, "--capture", receiver.address) as service:
            wait_until(lambda: suppressed(service) == expected)
            settled(data)
            assert rate_after_a_step(service, "Reputation.BounceRate") == pytest.approx(1 / 3)
            report = settled(data)
    assert report["messages"] == ROUNDS * MESSAGES
