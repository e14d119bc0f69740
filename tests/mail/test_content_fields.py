"""Fields made to be slow to read say nothing; those of real mail are read."""

from time import process_time

import pytest

from mailgauge.inbound.feedback import Bounce, read_feedback
from mailgauge.mail import content_fields
from mailgauge.mail.headers import split
from mailgauge.mail.leaves import leaves
from mailgauge.mail.parts import entity
from mailgauge.ses import attachments
from mailgauge.ses.limits import AMAZON

# Each of them took the standard library minutes, with the interpreter's lock held.
SLOW = [
    b'Content-Type: multipart/report; "' + b";" * 200_000 + b"boundary=b",
    b"Content-Type: multipart/report; " + b";" * 200_000 + b"boundary=b",
    b"Content-Type: multipart/report; " + b"a*0=x; " * 100_000 + b"boundary=b",
    b'Content-Disposition: attachment; "' + b";" * 200_000 + b"filename=b",
]
MACHINE = b"--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@example.com\r\n\r\n--b--\r\n"


@pytest.mark.parametrize("field", SLOW)
def test_fields_that_are_slow_to_read_cost_no_time(field: bytes) -> None:
    raw = b"From: MAILER-DAEMON@example.com\r\n" + field + b"\r\n\r\n" + MACHINE
    began = process_time()
    read_feedback(raw)
    list(leaves(raw))
    entity(raw)
    attachments.check(b"Subject: x\r\n\r\n\r\n" + field + b"; name=a\r\n", AMAZON)
    assert process_time() - began < 1


def test_a_field_with_a_few_parameters_is_read() -> None:
    name = "; ".join(f"filename*{number}=part" for number in range(50))
    fields = split(f"Content-Disposition: attachment; {name}\r\n\r\n".encode()).fields
    assert content_fields.filename(content_fields.header(fields)) == "part" * 50


def test_a_report_with_many_parameters_in_one_part_still_counts() -> None:
    raw = (
        b"From: MAILER-DAEMON@example.com\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; " + b"a=1; " * 1000 + b"\r\n\r\nSorry: \xff\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Final-Recipient: rfc822; a@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    [found] = read_feedback(raw)
    assert isinstance(found, Bounce)
    assert [each.email for each in found.recipients] == ["a@example.com"]
