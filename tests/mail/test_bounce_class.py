"""A server's words become SES's bounce types and delay types."""

import re
import tomllib
from importlib.resources import files
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


FULL = "Transient/MailboxFull"
LARGE = "Transient/MessageTooLarge"
ATTACHMENT = "Transient/AttachmentRejected"
CONTENT = "Transient/ContentRejected"
SOFT = "Transient/General"
HARD = "Permanent/General"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("550 5.1.1 user unknown", HARD),
        ("550 no such user here", HARD),
        ("554 rejected", HARD),
        ("550 5.7.1 relaying denied", HARD),
        ("552 5.2.2 over quota", FULL),
        ("552 exceeded storage allocation", FULL),
        ("452 4.2.2 mailbox full", FULL),
        ("552 5.3.4 message size exceeds fixed limit", LARGE),
        ("554 5.6.0 malformed", CONTENT),
        ("550 5.7.1 message looks like spam", CONTENT),
        ("552 5.7.0 This attachment is not allowed", ATTACHMENT),
        ("451 4.3.0 try later", SOFT),
        # Postfix
        ("550 5.1.1 <a@x.example>: Recipient address rejected: User unknown in local recipient table", HARD),
        ("550 5.1.1 <a@x.example>: Recipient address rejected: User unknown in virtual mailbox table", HARD),
        ("554 5.7.1 <a@x.example>: Relay access denied", HARD),
        ("554 5.7.1 <a@x.example>: Recipient address rejected: Access denied", HARD),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", SOFT),
        ("550 5.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", SOFT),
        ("504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", SOFT),
        ("550 5.1.8 <a@y.example>: Sender address rejected: Domain not found", SOFT),
        ("550 5.7.1 Message content rejected, id=12345-01", CONTENT),
        ("552 5.3.4 Message size exceeds fixed limit", LARGE),
        ("550 5.7.23 <a@x.example>: Recipient address rejected: Message rejected due to: SPF fail", SOFT),
        ("530 5.7.0 Must issue a STARTTLS command first", SOFT),
        ("521 5.5.2 Error: bare <LF> received", CONTENT),
        ("554 5.4.6 Error: too many hops", SOFT),
        # Gmail
        (
            "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking",
            HARD,
        ),
        (
            "550 5.2.1 The email account that you tried to reach is inactive. For more information, go to",
            HARD,
        ),
        ("550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents", SOFT),
        ("552 5.2.2 The recipient's inbox is out of storage space. Please direct the recipient to", FULL),
        ("552 5.2.3 Your message exceeded Google's message size limits.", LARGE),
        (
            "552 5.7.0 This message was blocked because its content presents a potential security issue.",
            ATTACHMENT,
        ),
        (
            "550 5.7.1 [192.0.2.1 12] Our system has detected that this message is likely unsolicited mail.",
            CONTENT,
        ),
        (
            "550 5.7.1 Our system has detected an unusual rate of unsolicited mail originating from your IP",
            SOFT,
        ),
        ("550 5.7.26 This mail has been blocked because the sender is unauthenticated.", SOFT),
        (
            "550 5.7.26 Unauthenticated email from y.example is not accepted due to domain's DMARC policy.",
            SOFT,
        ),
        ("550 5.7.25 The IP address sending this message does not have a PTR record setup", SOFT),
        (
            "550 5.7.1 Messages missing a valid Message-ID header are not accepted: not RFC 5322 compliant",
            CONTENT,
        ),
        (
            "550 5.7.1 Unauthenticated email from y.example is not accepted due to domain's DMARC policy.",
            SOFT,
        ),
        # Outlook and Exchange
        ("550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", HARD),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", HARD),
        ("550 5.4.1 Recipient address rejected: Access denied. [XX.prod.protection.outlook.com]", HARD),
        ("554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException", FULL),
        ("550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient", LARGE),
        (
            "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your ISP (S3140).",
            SOFT,
        ),
        ("550 5.7.606 Access denied, banned sending IP [192.0.2.1]", SOFT),
        ("550 5.7.509 Access denied, sending domain y.example does not pass DMARC verification", SOFT),
        ("550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", HARD),
        ("550 DY-001 Mail rejected. We generally do not accept email from dynamic IP's", SOFT),
        # Yahoo
        ("554 delivery error: dd This user doesn't have a yahoo.com account (a@yahoo.com) [0]", HARD),
        ("554 delivery error: dd Not a valid recipient - atlas315.free.mail.gq1.yahoo.com", HARD),
        (
            "554 30 Sorry, your message to a@yahoo.com cannot be delivered. This mailbox is disabled (554.30).",
            HARD,
        ),
        (
            "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus",
            SOFT,
        ),
        ("554 5.7.9 Message not accepted for policy reasons.", SOFT),
        # iCloud, AT&T, Mail.ru, Yandex, NetEase, Tencent
        ("550 5.7.1 [CS01] Message rejected due to local policy. Please visit", SOFT),
        ("553 5.3.0 flpd575 DNSBL:RBL 521< 192.0.2.1 >_is_blocked. For assistance forward this error", SOFT),
        (
            "550 Message was not accepted -- invalid mailbox. Local mailbox a@mail.ru is unavailable: user not found",
            HARD,
        ),
        ("554 5.7.1 [2] Message rejected under suspicion of SPAM", CONTENT),
        ("554 DT:SPM 163 smtp8,DMCowABXxxx", CONTENT),
        ("552 Requested mail action aborted: exceeded mailsize limit", LARGE),
        ("550 Ip frequency limited. http://service.mail.example/cgi-bin/help?subtype=1", SOFT),
        ("550 Connection frequency limited. https://service.mail.example", SOFT),
        # Exim, sendmail, qmail, Domino, Dovecot, amavis, Rspamd, Mimecast, Proofpoint
        ("550 Unrouteable address", HARD),
        ("550 Sender verify failed", SOFT),
        ("550 This message scored 12.3 spam points", CONTENT),
        ("550 5.1.1 <a@x.example>... User unknown", HARD),
        ("553 5.1.8 <a@y.example>... Domain of sender address a@y.example does not exist", SOFT),
        ("554 Sorry, no mailbox here by that name. (#5.1.1)", HARD),
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", HARD),
        ("550 User a (a@x.example) not listed in Domino Directory", HARD),
        ("552 5.2.2 <a@x.example> Quota exceeded (mailbox for user is full)", FULL),
        ("550 Mailbox size limit exceeded", FULL),
        ("554 5.7.0 Reject, id=01234-05 - BANNED: .exe,.exe-ms,setup.exe: banned file", ATTACHMENT),
        ("554 5.7.0 Reject, id=01234-05 - INFECTED: Eicar-Test-Signature", CONTENT),
        ("554 5.7.1 Spam message rejected", CONTENT),
        ("550 Administrative prohibition - envelope blocked", SOFT),
        ("554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1", SOFT),
        ("550 Postfach ist voll", FULL),
        # What a smarthost says when it gave up
        ("550 4.4.7 Message expired: unable to deliver in 840 minutes.", SOFT),
        ("554 5.4.7 Delivery time expired", SOFT),
        ("556 5.1.10 x.example takes no mail: it has a null MX record", HARD),
    ],
)
def test_bounce_classes(line: str, expected: str) -> None:
    assert "/".join(bounce_class(said(line))) == expected


def test_a_notification_without_status_is_undetermined() -> None:
    assert "/".join(bounce_class_of_status(None)) == "Undetermined/Undetermined"
    assert "/".join(bounce_class_of_status(None, "it did not work")) == "Undetermined/Undetermined"
    assert "/".join(bounce_class_of_status(None, "your mailbox is full")) == FULL
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
        ("452 4.5.3 Too many recipients in this transaction", DelayType.GENERAL),
        # Gmail
        (
            "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP",
            DelayType.IP_FAILURE,
        ),
        ("421 4.7.0 IP not in whitelist for RCPT domain, closing connection.", DelayType.IP_FAILURE),
        ("421 4.7.0 Try again later, closing connection.", DelayType.RECIPIENT_SERVER_ERROR),
        ("421 4.3.0 Temporary System Problem. Try again later", DelayType.RECIPIENT_SERVER_ERROR),
        (
            "450 4.2.1 The user you are trying to contact is receiving mail too quickly.",
            DelayType.RECIPIENT_SERVER_ERROR,
        ),
        ("452 4.2.2 The email account that you tried to reach is over quota.", DelayType.MAILBOX_FULL),
        # Yahoo
        (
            "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
            DelayType.IP_FAILURE,
        ),
        (
            "451 Resources temporarily unavailable. Please try again later [#4.16.5].",
            DelayType.RECIPIENT_SERVER_ERROR,
        ),
        # Outlook and Exchange
        (
            "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)",
            DelayType.RECIPIENT_SERVER_ERROR,
        ),
        (
            "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.",
            DelayType.IP_FAILURE,
        ),
        (
            "421 RP-001 The mail server IP connecting has exceeded the rate limit allowed",
            DelayType.IP_FAILURE,
        ),
        ("432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded", DelayType.RECIPIENT_SERVER_ERROR),
        ("452 4.3.1 Insufficient system resources", DelayType.RECIPIENT_SERVER_ERROR),
        # Postfix, Postgrey, Rspamd, Exim, NetEase
        (
            "450 4.2.0 <a@x.example>: Recipient address rejected: Greylisted, see http://postgrey",
            DelayType.RECIPIENT_SERVER_ERROR,
        ),
        ("450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", DelayType.IP_FAILURE),
        ("421 4.7.0 mx.example Error: too many connections from 192.0.2.1", DelayType.IP_FAILURE),
        ("451 4.7.1 Try again later", DelayType.RECIPIENT_SERVER_ERROR),
        (
            "450 4.1.8 <a@y.example>: Sender address rejected: Domain not found",
            DelayType.TRANSIENT_COMMUNICATION_FAILURE,
        ),
        ("421 HL:REP 163 smtp12 Reputation too low", DelayType.IP_FAILURE),
        ("451 Temporary local problem - please try later", DelayType.RECIPIENT_SERVER_ERROR),
        ("454 4.7.0 TLS not available due to local problem", DelayType.RECIPIENT_SERVER_ERROR),
        # what DNS and the network say, in our own words and SES's
        ("421 4.4.1 Unable to connect to remote host", DelayType.TRANSIENT_COMMUNICATION_FAILURE),
        ("421 4.4.0 Unable to lookup DNS for x.example", DelayType.TRANSIENT_COMMUNICATION_FAILURE),
        ("421 4.4.2 Connection timed out", DelayType.TRANSIENT_COMMUNICATION_FAILURE),
    ],
)
def test_delay_types(line: str, expected: DelayType) -> None:
    assert delay_type(said(line)) == expected


def test_no_reply_is_a_communication_failure() -> None:
    assert delay_type(None) == DelayType.TRANSIENT_COMMUNICATION_FAILURE


DATA = files("mailgauge.mail").joinpath("replies.toml").read_text("utf-8")
RULES = [line for line in DATA.splitlines() if line.strip().startswith("{")]


def test_each_rule_stands_on_one_line_that_says_where_it_is_from() -> None:
    assert len(RULES) == sum(map(len, tomllib.loads(DATA).values()))
    assert len(RULES) >= 60
    for line in RULES:
        assert re.search(r"\},  # \S.{3,}$", line), line


@pytest.mark.parametrize("kind", ["bounces", "delays"])
def test_each_rule_asks_for_something_that_none_before_it_asks_for(kind: str) -> None:
    asked = [{**rule, "is": ""} for rule in tomllib.loads(DATA)[kind]]
    assert all(set(rule) <= {"is", "code", "status", "text"} and len(rule) > 1 for rule in asked)
    assert all(rule not in asked[:at] for at, rule in enumerate(asked))


@given(st.integers(200, 599), st.text(max_size=3000))
def test_whatever_a_server_says_has_a_class(code: int, text: str) -> None:
    answer = reply(code, text)
    assert bounce_class(answer).sub_type
    assert delay_type(answer)


@pytest.mark.parametrize("text", ["mailbox " * 4000, "the " * 8000, "client host " * 3000, "a" * 32_000])
def test_a_long_reply_costs_little(text: str) -> None:
    started = process_time()
    for _ in range(10):
        bounce_class(reply(550, text))
        delay_type(reply(450, text))
    assert process_time() - started < 5
