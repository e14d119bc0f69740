"""The sending rate."""

from mailgauge.base.scope import Scope
from mailgauge.server.rate import SendRate

A, B = Scope("111111111111", "eu-west-1"), Scope("222222222222", "eu-west-1")


def test_no_more_than_the_rate_goes_out_in_a_second() -> None:
    rate = SendRate(10)
    assert sum(rate(A, 100.0, 1) for _ in range(30)) == 10
    assert sum(rate(A, 100.5, 1) for _ in range(30)) == 5


def test_accounts_do_not_share_their_rate() -> None:
    rate = SendRate(1)
    assert rate(A, 100.0, 1)
    assert rate(B, 100.0, 1)
    assert not rate(A, 100.1, 1)


def test_a_message_to_more_recipients_than_a_second_allows_goes_when_nothing_else_did() -> None:
    rate = SendRate(5)
    assert rate(A, 100.0, 50)
    assert not rate(A, 101.0, 1)
    assert rate(A, 111.0, 1)


def test_zero_is_no_limit() -> None:
    assert all(SendRate(0)(A, 100.0, 50) for _ in range(1000))
