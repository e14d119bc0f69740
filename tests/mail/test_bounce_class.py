"""A server's words become SES's bounce types and delay types."""

import pytest

from mailgauge.mail.bounce_class import (
    BounceClass,
    DelayType,
    bounce_class,
    bounce_class_of_status,
    delay_type,
)
from mailgauge.mail.status import Reply, reply


def said(line: str) -> Reply:
    code, _, text = line.partition(" ")
    return reply(int(code), text)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("550 5.1.1 user unknown", "Permanent/General"),
        ("550 no such user here", "Permanent/General"),
        ("554 rejected", "Permanent/General"),
        ("550 5.7.1 relaying denied", "Permanent/General"),
        ("552 5.2.2 over quota", "Transient/MailboxFull"),
        ("552 exceeded storage allocation", "Transient/MailboxFull"),
        ("452 4.2.2 mailbox full", "Transient/MailboxFull"),
        ("552 5.3.4 message size exceeds fixed limit", "Transient/MessageTooLarge"),
        ("554 5.6.0 malformed", "Transient/ContentRejected"),
        ("550 5.7.1 message looks like spam", "Transient/ContentRejected"),
        ("552 5.7.0 This attachment is not allowed", "Transient/AttachmentRejected"),
        ("451 4.3.0 try later", "Transient/General"),
    ],
)
def test_bounce_classes(line: str, expected: str) -> None:
    assert "/".join(bounce_class(said(line))) == expected


def test_a_notification_without_status_is_undetermined() -> None:
    assert "/".join(bounce_class_of_status(None)) == "Undetermined/Undetermined"
    assert bounce_class_of_status("5.2.2") == BounceClass(
        bounce_class_of_status("5.2.2").bounce_type, "MailboxFull"
    )
    assert "/".join(bounce_class_of_status("5.1.1", "smtp; 550 user unknown")) == "Permanent/General"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("452 4.2.2 mailbox full", DelayType.MAILBOX_FULL),
        ("452 insufficient storage", DelayType.MAILBOX_FULL),
        ("421 4.7.0 rate limited", DelayType.IP_FAILURE),
        ("421 too many connections", DelayType.IP_FAILURE),
        ("450 4.7.1 your messages look like spam", DelayType.SPAM_DETECTED),
        ("451 4.3.0 internal error", DelayType.RECIPIENT_SERVER_ERROR),
        ("450 greylisted", DelayType.RECIPIENT_SERVER_ERROR),
        ("421 closing", DelayType.GENERAL),
    ],
)
def test_delay_types(line: str, expected: DelayType) -> None:
    assert delay_type(said(line)) == expected


def test_no_reply_is_a_communication_failure() -> None:
    assert delay_type(None) == DelayType.TRANSIENT_COMMUNICATION_FAILURE
