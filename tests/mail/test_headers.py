"""Header fields are read and spliced without touching any other byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.mail import headers

RAW = (
    b"Received: from a\r\n\tby b\r\nFrom: Joe <joe@example.com>\r\nSubject: =?utf-8?Q?H=C3=A9llo?=\r\n"
    b"To: a@example.com,\r\n b@example.com\r\nX-Twice: 1\r\nx-twice: 2\r\n\r\nbody\r\n.\r\n"
)


def test_values_are_unfolded() -> None:
    fields = headers.split(RAW).fields
    assert headers.first(fields, "received") == "from a by b"
    assert headers.values(fields, "X-Twice") == ["1", "2"]
    assert headers.split(RAW).body == b"body\r\n.\r\n"


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"A: b", b"\r\n", b"\n", b" c", b":", b"\r", b"\xff"])).map(b"".join)
)
def test_splitting_and_joining_gives_the_same_bytes(raw: bytes) -> None:
    assert headers.split(raw).join() == raw


@given(st.binary(max_size=100))
def test_taking_a_field_out_leaves_every_other_byte(body: bytes) -> None:
    head, tail = b"A: 1\r\nB: \xff\n x\n", b"C: 3\r\n\r\n"
    assert headers.without(head + b"Bcc: x,\r\n y\r\n" + tail + body, ["bcc"]) == head + tail + body


def test_replacing_keeps_the_place_of_the_first() -> None:
    assert (
        headers.replace(b"A: 1\nDate: x\nB: 2\nDATE: y\n\nbody", "Date", "now")
        == b"A: 1\nDate: now\r\nB: 2\n\nbody"
    )
    assert headers.replace(b"A: 1\n\nbody", "Date", "now") == b"Date: now\r\nA: 1\n\nbody"


def test_prepending_leaves_the_message_as_it_was() -> None:
    assert headers.prepend(b"A: 1\n\nbody", [("X", "1"), ("Y", "2")]) == b"X: 1\r\nY: 2\r\nA: 1\n\nbody"


@pytest.mark.parametrize(
    ("name", "value"),
    [("X", "a\r\nBcc: b"), ("X", "a\nb"), ("X", "a\rb"), ("X\r\nBcc", "a"), ("X:", "a"), ("", "a")],
)
def test_no_name_or_value_brings_a_line_break_in(name: str, value: str) -> None:
    with pytest.raises(headers.HeaderInjectionError):
        headers.prepend(b"", [(name, value)])


def test_a_message_without_blank_line_or_without_headers_is_read() -> None:
    assert headers.split(b"Subject: x\r\nhello").rest == b"hello"
    assert headers.split(b"\r\nbody").fields == []
    assert headers.split(b"").fields == []


def test_headers_of_events_stop_at_ten_kilobytes() -> None:
    raw = b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(12)) + b"\r\n"
    kept, truncated = headers.fields_for_events(headers.split(raw).fields)
    assert truncated
    assert [name for name, _ in kept] == [f"X-{n}" for n in range(10)]
    assert headers.fields_for_events(headers.split(RAW).fields)[1] is False


def test_common_headers_are_those_the_message_has() -> None:
    kept, _ = headers.fields_for_events(headers.split(RAW).fields)
    assert headers.common_headers(kept, "id-1", return_path="joe@example.com") == {
        "returnPath": "joe@example.com",
        "from": ["Joe <joe@example.com>"],
        "to": ["a@example.com", "b@example.com"],
        "messageId": "id-1",
        "subject": "Héllo",
    }


def test_fields_that_may_stand_once_are_reported_when_they_stand_twice() -> None:
    fields = headers.split(b"Subject: a\r\nX-Any: 1\r\nX-Any: 2\r\nsubject: b\r\n\r\n").fields
    assert headers.duplicates(fields) == ["subject"]


def test_recipients_come_from_to_cc_and_bcc_each_once() -> None:
    fields = headers.split(
        b"Bcc: c@example.com\r\nTo: A@example.com, b@example.com\r\nCc: a@example.com\r\n\r\n"
    ).fields
    assert headers.envelope_from_headers(fields) == ["A@example.com", "b@example.com", "c@example.com"]
