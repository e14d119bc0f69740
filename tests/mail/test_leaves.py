"""The leaf parts of a message are found where they are, whatever the message is like."""

from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from hypothesis import given
from hypothesis import strategies as st

from mailgauge.mail.leaves import MOST_LEAVES, leaves


def bodies(raw: bytes) -> list[bytes]:
    return [leaf.body() for leaf in leaves(raw)]


def multipart(*parts: MIMEText | MIMEApplication | MIMEMessage | MIMEMultipart) -> MIMEMultipart:
    message = MIMEMultipart(boundary="=_" + "x" * len(parts))
    for part in parts:
        message.attach(part)
    return message


def test_a_plain_message_is_one_leaf() -> None:
    [leaf] = leaves(b"Subject: Hello\r\n\r\nHello.\r\n")
    assert (leaf.body(), leaf.encoding, leaf.is_attachment, len(leaf)) == (b"Hello.\r\n", "7bit", False, 8)
    assert leaf.body(3) == b"Hel"


def test_parts_are_found_in_their_order_and_in_attached_messages() -> None:
    attachment = MIMEApplication(b"data", Name="a.bin")
    inner = multipart(MIMEText("three"), MIMEText("four"))
    raw = multipart(MIMEText("one"), attachment, MIMEMessage(inner), MIMEText("five")).as_bytes()
    for each in (raw, raw.replace(b"\n", b"\r\n")):
        found = list(leaves(each))
        assert [leaf.body().strip() for leaf in found] == [b"one", b"ZGF0YQ==", b"three", b"four", b"five"]
        assert [leaf.encoding for leaf in found] == ["7bit", "base64", "7bit", "7bit", "7bit"]
        assert [leaf.is_attachment for leaf in found] == [False, True, False, False, False]


def test_the_line_end_before_a_delimiter_is_not_the_part_s() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b \r\n\r\n--b\r\n--b--\r\nafter"
    assert bodies(raw) == [b"one", b"", b""]


def test_what_has_no_end_goes_on_to_the_end() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--bad\n--b\n\ntwo\n"
    assert bodies(raw) == [b"one\n--bad", b"two\n"]
    assert bodies(b"Content-Type: multipart/mixed; boundary=b\n\nnone") == []
    assert bodies(b"Content-Type: multipart/mixed\n\nno boundary") == [b"no boundary"]


def test_there_is_an_end_to_parts() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * (3 * MOST_LEAVES)
    assert len(bodies(raw)) == MOST_LEAVES


@given(st.lists(st.sampled_from([b"--b", b"--", b"\r\n", b"\n", b"\r", b"Content-Type: ", b"multipart/x; boundary=b", b"message/rfc822", b"x", b": "]), max_size=40))  # fmt: skip
def test_every_leaf_lies_within_the_message(pieces: list[bytes]) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + b"".join(pieces)
    last = 0
    for leaf in leaves(raw):
        assert last <= leaf.start <= leaf.end <= len(raw)
        last = leaf.start
