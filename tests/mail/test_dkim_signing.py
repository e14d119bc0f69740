"""Signatures hold for a reader that nobody here wrote, whatever the message looks like, and break when they must."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.mail.dkim import relaxed_body, relaxed_field, signed, signer
from mailgauge.mail.headers import first, split
from mailgauge.mail.normalise import crlf, prepare
from tests.mail.dkim_reader import NOW, rsa, signers, verdicts

MESSAGE = b"From: a@example.com\r\nTo: b@example.net\r\nSubject: Hello\r\nDate: today\r\n\r\nHello.\r\n"


def test_each_signer_signs_in_the_given_order() -> None:
    message = signed(MESSAGE, signers("long", "curve", "short"), NOW)
    found = [field.value for field in split(message).fields if field.name == "DKIM-Signature"]
    assert [value.partition("s=")[2].partition(";")[0] for value in found] == ["long", "curve", "short"]
    assert verdicts(message) == [True, True, True]
    assert message.endswith(MESSAGE)
    assert signed(MESSAGE, [], NOW) == MESSAGE


@pytest.mark.parametrize(
    "change",
    [
        (b"Hello.\r\n", b"Hullo.\r\n"),
        (b"Subject: Hello", b"Subject: Hullo"),
        (b"From: a@", b"From: evil@example.net\r\nFrom: a@"),
        (b"Subject: Hello", b"Subject: Evil\r\nSubject: Hello"),
        (b"Date: today", b"Date: today\r\nCc: evil@example.net"),
    ],
)
def test_what_people_are_shown_can_be_neither_changed_nor_added_to(change: tuple[bytes, bytes]) -> None:
    message = signed(MESSAGE, signers("long"), NOW)
    assert verdicts(message) == [True]
    assert verdicts(message.replace(*change)) == [False]


def test_one_click_unsubscription_is_covered() -> None:
    fields = (
        b"List-Unsubscribe: <https://x.example/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    )
    message = signed(fields + MESSAGE, signers("curve"), NOW)
    covered = first(split(message).fields, "DKIM-Signature") or ""
    assert "List-Unsubscribe" in covered
    assert "List-Unsubscribe-Post" in covered
    assert verdicts(message.replace(b"x.example", b"y.example")) == [False]


def test_a_signature_has_short_lines_and_survives_new_folds_and_blanks() -> None:
    message = signed(MESSAGE, signers("long"), NOW)
    assert max(map(len, message.split(b"\r\n"))) <= 78
    assert verdicts(message.replace(b"Subject: Hello", b"SUBJECT:\r\n\t Hello  ")) == [True]
    assert verdicts(message + b"\r\n \t\r\n") == [True]


blanks = st.text(" \t", max_size=4)
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@st.composite
def field_values(draw: st.DrawFn) -> str:
    pieces = draw(
        st.lists(st.tuples(blanks, words, blanks, st.sampled_from(["", "\r\n ", "\r\n\t  "])), max_size=5)
    )
    return "".join("".join(piece) for piece in pieces) + draw(words)


names = st.sampled_from(
    ["From", "to", "Cc", "SUBJECT", "Reply-To", "References", "Resent-To", "X-Own", "Feedback-ID"]
)
lines = st.one_of(
    st.builds(lambda before, word, after: before + word + after, blanks, words, blanks),
    blanks,
    st.just("x" * 998),
    st.just(".dot"),
)
ends = st.sampled_from(["\r\n", "\n", "\r", ""])


@given(st.lists(st.tuples(names, field_values()), max_size=8), st.lists(st.tuples(lines, ends), max_size=12))
def test_every_prepared_message_verifies(head: list[tuple[str, str]], body: list[tuple[str, str]]) -> None:
    raw = "".join(f"{name}: {value}\r\n" for name, value in head) + "\r\n" + "".join(a + b for a, b in body)
    message = prepare(raw.encode(), "<id@example.com>", "Mon, 1 Jun 2026 10:00:00 +0000", "a@example.com")
    once = signed(message, signers("long", "curve"), NOW)
    assert verdicts(once) == [True, True]
    assert once.endswith(b"\r\n")


@given(st.binary(max_size=200))
def test_any_bytes_can_be_signed(raw: bytes) -> None:
    message = crlf(raw)
    assert message.rstrip(b"\r\n") in signed(message, signers("curve"), NOW)


@pytest.mark.parametrize(
    ("body", "canonical"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
        (b"a", b"a\r\n"),
        (b"a \r\n \r\n \r\n", b"a\r\n"),
        (b"a\t\tb" + b" " * 1000 + b"c\r\n", b"a b c\r\n"),
    ],
)
def test_bodies_have_the_canonical_form_of_the_rfc(body: bytes, canonical: bytes) -> None:
    assert relaxed_body(body) == canonical


def test_fields_have_the_canonical_form_of_the_rfc() -> None:
    assert relaxed_field(b"A: X\r\n") == b"a:X\r\n"
    assert relaxed_field(b"B : Y\t\r\n\tZ  \r\n") == b"b:Y Z\r\n"


def test_the_published_ed25519_example_comes_out_the_same() -> None:
    """RFC 8463 appendix A: key, message and body hash; its own signature names other fields in another order."""
    seed = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    der = bytes.fromhex("302e020100300506032b657004220420") + seed
    message = (
        b"From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\n"
        b"Subject: Is dinner ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
        b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n"
        b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
    )
    made = signed(message, [signer("football.example.com", "brisbane", der)], 1528637909)
    assert "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;" in (
        first(split(made).fields, "DKIM-Signature") or ""
    )

    def lookup(name: bytes, timeout: float = 5) -> bytes:
        return b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

    assert verdicts(made, lookup) == [True]


def test_other_kinds_of_keys_are_refused() -> None:
    with pytest.raises(ValueError, match=r".+"):
        signer("example.com", "s", b"no key")
    assert rsa(1024).key_size == 1024
