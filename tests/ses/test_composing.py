"""Composing: what a send request becomes before the store is asked, and what it is refused for."""

from dataclasses import replace

import pytest

from mailgauge.aws.request import Caller
from mailgauge.base.scope import Scope
from mailgauge.mail.mime import SimpleMessage
from mailgauge.ses.composing import Composed, Submission, compose
from mailgauge.ses.errors import InvalidParameterError

CALLER = Caller(
    Scope("123456789012", "eu-west-1"), "jane", "AKIA", "192.0.2.7", "TLSv1.3", "r", 1_700_000_000.0
)
SIMPLE = Submission(
    operation="SendEmail",
    content=SimpleMessage(from_="Me <me@example.com>", to=["you@example.org"], subject="hi", text="hello"),
    max_size=10_000,
    source="Me <me@example.com>",
    recipients=["You <you@example.org>"],
)
RAW = Submission(
    operation="SendRawEmail",
    content=b"From: me@example.com\r\nTo: a@example.org, B <b@example.org>\r\nBcc: c@example.org\r\n"
    b"X-SES-CONFIGURATION-SET: from-header\r\nX-SES-MESSAGE-TAGS: campaign=spring, bad, x=y z\r\n\r\nhello\r\n",
    max_size=10_000,
)


def composed(submission: Submission) -> Composed:
    return compose(CALLER, submission, "mail.example")


def test_recipients_are_bare_and_a_mailbox_named_twice_is_one() -> None:
    twice = replace(SIMPLE, recipients=["You <you@example.org>", "YOU@example.org", "z@example.org"])
    assert composed(twice).facts.destination == ["you@example.org", "z@example.org"]


def test_a_raw_message_without_destinations_goes_to_its_to_cc_and_bcc() -> None:
    assert composed(RAW).facts.destination == ["a@example.org", "b@example.org", "c@example.org"]


def test_destinations_of_the_call_win_over_the_headers() -> None:
    assert composed(replace(RAW, recipients=["z@example.org"])).facts.destination == ["z@example.org"]


def test_the_auto_tags_say_who_sent_from_where_and_how() -> None:
    assert composed(SIMPLE).facts.tags == {
        "ses:operation": ["SendEmail"],
        "ses:source-ip": ["192.0.2.7"],
        "ses:caller-identity": ["jane"],
        "ses:from-domain": ["example.com"],
        "ses:source-tls-version": ["TLSv1.3"],
    }


def test_header_tags_count_for_raw_mail_and_broken_pairs_are_left_out() -> None:
    tags = composed(RAW).facts.tags
    assert (tags["campaign"], tags["x"]) == (["spring"], ["y z"])


def test_tags_of_the_call_hide_those_of_the_header_altogether() -> None:
    tags = composed(replace(RAW, tags=[("genre", "jazz")])).facts.tags
    assert tags["genre"] == ["jazz"]
    assert "campaign" not in tags


def test_the_parameter_wins_over_the_configuration_set_header() -> None:
    assert composed(RAW).facts.configuration_set == "from-header"
    assert composed(replace(RAW, configuration_set="given")).facts.configuration_set == "given"


def test_everybody_who_appears_as_sender_must_be_verified() -> None:
    from_elsewhere = replace(SIMPLE, source="other@example.net", return_path="bounces@example.com")
    assert composed(from_elsewhere).senders == ["me@example.com", "other@example.net", "bounces@example.com"]


def test_generated_headers_are_among_the_facts() -> None:
    facts = composed(SIMPLE).facts
    names = [name for name, _ in facts.headers]
    assert {"From", "To", "Subject", "MIME-Version", "Content-Type"} <= set(names)
    assert facts.common_headers["subject"] == "hi"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tags": [("bad name", "x")], "recipients": ["nobody"]}, "Invalid tag name <bad name>"),
        ({"recipients": ["nobody"]}, "Missing final '@domain'"),
        ({"recipients": []}, "no recipients"),
        ({"recipients": [f"r{n}@example.org" for n in range(51)]}, r"Recipient count exceeds 50\."),
        ({"source": "me@"}, "Missing domain"),
        ({"source": "Me\r\nBcc: x@example.org <me@example.com>"}, "line break"),
        ({"max_size": 10}, r"Message length is more than 10 bytes long: '\d+'\."),
    ],
)
def test_what_a_request_is_refused_for(change: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidParameterError, match=says):
        composed(replace(SIMPLE, **change))  # type: ignore[arg-type]


def test_a_subject_can_not_bring_a_header_of_its_own() -> None:
    assert isinstance(SIMPLE.content, SimpleMessage)
    injected = replace(SIMPLE, content=replace(SIMPLE.content, subject="hi\r\nBcc: victim@example.org"))
    with pytest.raises(InvalidParameterError, match="line break"):
        composed(injected)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"To: a@example.org\r\n\r\nx", "Missing required header 'From'"),
        (
            b"From: me@example.com\r\nTo: a@example.org\r\nSubject: a\r\nsubject: b\r\n\r\nx",
            "Duplicate header 'subject'",
        ),
        (b"From: me@example.com\r\nTo: a@example.org\r\n\r\n" + b"x" * 1100, "longer than 1000 bytes"),
        (b"From: me@example.com\r\n\r\nx", "no recipients"),
        (
            b"From: me@example.com\r\nTo: a@example.org\r\n" + b"X: y\r\n" * 3000 + b"\r\nx",
            "more than 2000 fields",
        ),
        (b"From: me@example.com\r\nTo: a@example.org\r\nX: " + b"y" * 600_000, "longer than 524288 bytes"),
    ],
)
def test_what_a_raw_message_is_refused_for(content: bytes, says: str) -> None:
    with pytest.raises(InvalidParameterError, match=says):
        composed(replace(RAW, content=content, max_size=1_000_000))


def test_an_empty_raw_message_is_accepted_where_source_and_destinations_are_given() -> None:
    empty = replace(RAW, content=b"", source="me@example.com", recipients=["a@example.org"])
    assert composed(empty).senders == ["me@example.com"]
    assert "ses:from-domain" not in composed(empty).facts.tags
