"""Bounces and answers in the forms that mail systems give them, each written after what that system documents or sends."""

from pathlib import Path

import pytest

from mailgauge.inbound.feedback import AutoReply, Bounce, read_feedback

SAMPLES = Path(__file__).with_name("samples")

JOE = ["joe@example.org"]

BOUNCES = {
    "postfix": [("Permanent/General", JOE)],
    "exchange": [("Transient/MailboxFull", JOE)],
    "gmail": [("Permanent/General", JOE)],
    "opensmtpd": [("Permanent/General", JOE)],
    "no-blank-lines": [("Transient/MailboxFull", JOE), ("Permanent/General", ["ann@example.org"])],
    "qmail": [("Permanent/General", JOE)],
    "exim": [("Transient/MailboxFull", JOE)],
    "yahoo": [("Transient/ContentRejected", JOE)],
    "exchange-5.5": [("Undetermined/Undetermined", JOE)],
    "unknown-form": [("Undetermined/Undetermined", [])],
}
AUTO_REPLIES = ["exchange-away", "vacation"]
NO_BOUNCES = ["postfix-delayed", "exim-warning", "letter"]


def sample(name: str, line_end: bytes) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes().replace(b"\n", line_end)


def test_every_sample_is_tried() -> None:
    assert {path.stem for path in SAMPLES.iterdir()} == {*BOUNCES, *AUTO_REPLIES, *NO_BOUNCES}


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("name", "expected"), BOUNCES.items())
def test_bounces_name_who_failed_and_how(
    name: str, expected: list[tuple[str, list[str]]], line_end: bytes
) -> None:
    found = read_feedback(sample(name, line_end))
    assert all(isinstance(each, Bounce) for each in found)
    bounces = [each for each in found if isinstance(each, Bounce)]
    assert [
        ("/".join(each.bounce_class), [who.email for who in each.recipients]) for each in bounces
    ] == expected


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", AUTO_REPLIES)
def test_answers_of_programs_are_no_bounces(name: str, line_end: bytes) -> None:
    [answer] = read_feedback(sample(name, line_end))
    assert isinstance(answer, AutoReply)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", NO_BOUNCES)
def test_delays_and_letters_are_no_bounces(name: str, line_end: bytes) -> None:
    assert not any(isinstance(each, Bounce) for each in read_feedback(sample(name, line_end)))


def test_a_notification_says_whose_words_it_repeats() -> None:
    [bounce] = read_feedback(sample("gmail", b"\r\n"))
    assert isinstance(bounce, Bounce)
    assert bounce.reporting_mta == "dns; googlemail.com"
    [joe] = bounce.recipients
    assert (joe.action, joe.status) == ("failed", "5.1.1")
    assert joe.diagnostic_code is not None
    assert joe.diagnostic_code.startswith("smtp; 550-5.1.1 The email account")
