"""What one attempt's replies become: rows that are done or tried again, and the events of both."""

import pytest

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.delivery.outcomes import Attempted, Resolution, resolve
from mailgauge.delivery.row import Row, Stage
from mailgauge.events.kinds import Kind
from mailgauge.mail.status import Reply

SCOPE = Scope("123456789012", "eu-west-1")
MESSAGE = new_message_id("eu-west-1", 1000.0)
OK = Reply(250, "2.0.0", "Ok")
UNKNOWN = Reply(550, "5.1.1", "user unknown")
LATER = Reply(451, "4.3.0", "try again later")
FULL = Reply(452, "4.2.2", "mailbox full")


def row(recipient: str, *, attempts: int = 0, expires: float = 51400.0, custom: bool = False) -> Row:
    return Row(
        message_id=MESSAGE,
        stage=Stage.DELIVER,
        scope=SCOPE,
        configuration_set=None,
        accepted=1000.0,
        expires=expires,
        custom_expiry=custom,
        recipient=recipient,
        site="example.com",
        attempts=attempts,
    )


def attempt(
    replies: dict[str, Reply], *, now: float = 1002.5, rows: list[Row] | None = None, failure: str = ""
) -> Resolution:
    attempted = Attempted(now, replies, failure, remote_ip="192.0.2.1")
    return resolve(rows or [row(each) for each in replies], attempted, 7, "mail.example.org", (60.0,))


def test_recipients_of_one_outcome_are_one_event_that_weighs_as_many() -> None:
    found = attempt({"a@example.com": OK, "b@example.com": OK})
    [entry] = found.entries
    assert (entry.kind, entry.weight, entry.version) == (Kind.DELIVERY, 2, 7)
    assert entry.detail["recipients"] == ["a@example.com", "b@example.com"]
    assert entry.detail["processingTimeMillis"] == 2500
    assert entry.detail["smtpResponse"] == "250 2.0.0 Ok"
    assert entry.detail["remoteMtaIp"] == "192.0.2.1"
    assert len(found.done) == 2


def test_different_outcomes_are_different_events() -> None:
    found = attempt({"a@example.com": OK, "b@example.com": UNKNOWN, "c@example.com": LATER})
    assert {entry.kind for entry in found.entries} == {Kind.DELIVERY, Kind.BOUNCE, Kind.DELIVERY_DELAY}
    assert [each.recipient for each in found.done] == ["a@example.com", "b@example.com"]
    assert [(due, each.recipient) for due, each in found.retry] == [(1062.5, "c@example.com")]


def test_a_hard_bounce_says_who_and_why() -> None:
    [entry] = attempt({"b@example.com": UNKNOWN}).entries
    assert (entry.detail["bounceType"], entry.detail["bounceSubType"]) == ("Permanent", "General")
    assert entry.detail["recipients"] == [
        {
            "emailAddress": "b@example.com",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            "action": "failed",
        }
    ]
    assert entry.detail["reportingMTA"] == "dns; mail.example.org"


def test_a_delay_says_until_when_delivery_is_tried() -> None:
    [entry] = attempt({"c@example.com": FULL}).entries
    assert (entry.kind, entry.detail["delayType"], entry.detail["expires"]) == (
        Kind.DELIVERY_DELAY,
        "MailboxFull",
        51_400_000,
    )


def test_a_connection_that_failed_is_a_delay_for_every_recipient() -> None:
    rows = [row("a@example.com"), row("b@example.com")]
    found = attempt({}, rows=rows, failure="connect refused: nobody there")
    [entry] = found.entries
    assert (entry.detail["delayType"], entry.weight) == ("TransientCommunicationFailure", 2)
    assert entry.detail["recipients"][0]["status"] == "4.4.1"
    assert "connect refused" in entry.detail["recipients"][0]["diagnosticCode"]
    assert len(found.retry) == 2


@pytest.mark.parametrize(
    ("custom", "reply", "sub_type"),
    [(False, LATER, "General"), (False, FULL, "MailboxFull"), (True, FULL, "CustomTimeoutExceeded")],
)
def test_when_the_time_is_over_a_delay_becomes_a_soft_bounce(
    custom: bool, reply: Reply, sub_type: str
) -> None:
    late = [row("c@example.com", attempts=9, expires=1001.0, custom=custom)]
    found = attempt({"c@example.com": reply}, rows=late)
    [entry] = found.entries
    assert (entry.kind, entry.detail["bounceType"], entry.detail["bounceSubType"]) == (
        Kind.BOUNCE,
        "Transient",
        sub_type,
    )
    assert (found.done, found.retry) == (late, [])


def test_a_bounce_at_the_end_says_for_how_long_it_was_tried_and_what_was_said_last() -> None:
    late = [row("c@example.com", attempts=9)]
    [entry] = attempt({"c@example.com": FULL}, rows=late, now=51400.0).entries
    [failed] = entry.detail["recipients"]
    assert failed == {
        "emailAddress": "c@example.com",
        "action": "failed",
        "status": "4.4.7",
        "diagnosticCode": "smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes."
        "<452 4.2.2 mailbox full>",
    }
