"""What a simulated mailbox does is in its name."""

import pytest

from mailgauge.simulator.addresses import is_simulator, is_suppressed
from mailgauge.simulator.outcomes import Act, outcome_of, reply_to


@pytest.mark.parametrize(
    ("local_part", "act"),
    [
        ("success", Act.ACCEPT),
        ("SUCCESS+label", Act.ACCEPT),
        ("bounce", Act.REFUSE),
        ("bounce+a+b", Act.REFUSE),
        ("complaint+x", Act.COMPLAIN),
        ("ooto", Act.AUTO_REPLY),
        ("defer", Act.DEFER),
        ("suppressionlist", Act.REFUSE),
        ("nobody", Act.REFUSE),
        ("", Act.REFUSE),
    ],
)
def test_outcomes(local_part: str, act: Act) -> None:
    assert outcome_of(local_part) is act


def test_a_deferring_mailbox_takes_the_third_attempt() -> None:
    assert [reply_to(Act.DEFER, earlier).line for earlier in range(3)] == [
        "451 4.3.0 try again later",
        "451 4.3.0 try again later",
        "250 2.1.5 Ok",
    ]
    assert reply_to(Act.REFUSE, 0).line == "550 5.1.1 user unknown"


def test_its_addresses_are_recognised() -> None:
    assert is_simulator("success+x@simulator.amazonses.com")
    assert is_simulator("success@Simulator.AmazonSES.com")
    assert not is_simulator("success@simulator.amazonses.com.example.com")
    assert is_suppressed("SuppressionList+1@simulator.amazonses.com")
    assert not is_suppressed("bounce@simulator.amazonses.com")
    assert not is_suppressed("suppressionlist@example.com")
