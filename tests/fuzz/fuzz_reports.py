"""What comes back by SMTP: delivery reports, complaints, automatic replies, and bounces of no known form."""

from contextlib import suppress

from mailgauge.inbound.feedback import read_feedback, report_key
from mailgauge.mail import autoreply, dsn
from mailgauge.mail.bounce_class import bounce_class_of_status, delay_type
from mailgauge.mail.status import find_status, reply

DSN = (
    b"From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\n\r\nYour mail failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mx.example\r\n\r\nOriginal-Recipient: rfc822;a@example.net\r\n"
    b"Final-Recipient: rfc822; a@example.net\r\nAction: failed\r\nStatus: 5.1.1 (unknown)\r\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 unknown\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n--b--\r\n"
)
ARF = (
    b"From: fbl@example.net\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\n"
    b"spam\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n"
    b"Original-Rcpt-To: a@example.net\r\nArrival-Date: Thu, 8 Mar 2026 14:00:00 EDT\r\n\r\n--b\r\n"
    b"Content-Type: text/rfc822-headers\r\n\r\nTo: a@example.net\r\n--b--\r\n"
)
AWAY = b"From: a@example.net\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nAway.\r\n"
UNUSUAL = (
    b"From: Mail Delivery Subsystem <MAILER-DAEMON@x>\r\nSubject: Undeliverable\r\n\r\n"
    b"<a@example.net>: host mx said: 550 5.1.1 unknown\r\n"
)
SEEDS = (DSN, ARF, AWAY, UNUSUAL, b"550-5.7.1 [1.2.3.4] blocked, see https://example.com\r\n")


def one_input(data: bytes) -> None:
    report_key(data)
    read_feedback(data)
    autoreply.is_auto_reply(data)
    autoreply.may_answer(data)
    with suppress(dsn.DsnError):
        for each in dsn.parse(data).recipients:
            assert "\n" not in f"{each.final_recipient}{each.diagnostic_code}"
    text = data.decode("utf-8", "replace")
    bounce_class_of_status(find_status(text), text)
    delay_type(reply(450 + len(data) % 100, text))
