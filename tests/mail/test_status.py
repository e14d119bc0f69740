"""Replies and status codes are read, and what is unknown is temporary."""

import pytest

from mailgauge.mail.status import Reply, find_status, reply


def test_an_enhanced_status_code_is_taken_off_the_text() -> None:
    assert reply(550, "5.1.1 user unknown") == Reply(550, "5.1.1", "user unknown")
    assert reply(250, "2.0.0 Ok\n2.0.0 queued") == Reply(250, "2.0.0", "Ok queued")
    assert reply(550, "4.1.1 liar") == Reply(550, None, "4.1.1 liar")
    assert reply(250, "192.0.2.1 ok").enhanced is None


def test_it_is_written_as_it_was_said() -> None:
    refused = reply(550, "5.1.1 user unknown")
    assert (refused.line, refused.diagnostic, refused.status) == (
        "550 5.1.1 user unknown",
        "smtp; 550 5.1.1 user unknown",
        "5.1.1",
    )
    assert reply(421, "").status == "4.0.0"


@pytest.mark.parametrize(
    ("code", "kind"),
    [(250, "accepted"), (421, "temporary"), (550, "permanent"), (0, "temporary"), (199, "temporary")],
)
def test_unknown_replies_are_temporary(code: int, kind: str) -> None:
    answer = Reply(code)
    assert [answer.is_accepted, answer.is_temporary, answer.is_permanent] == [
        kind == each for each in ("accepted", "temporary", "permanent")
    ]


def test_status_codes_are_found_in_dsn_fields() -> None:
    assert find_status("5.1.1 (unknown user)") == "5.1.1"
    assert find_status("192.5.1.1") is None
