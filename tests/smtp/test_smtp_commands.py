"""Lines of SMTP as commands: forms that programs use, and no bytes that break the reading."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.smtp.commands import Command, CommandError, Path, parse, path, unstuffed


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"quit", Command("QUIT", "")),
        (b"  Noop  x y ", Command("NOOP", "x y")),
        (b"", Command("", "")),
        (b"mail FROM:<A@b>", Command("MAIL", "FROM:<A@b>")),
    ],
)
def test_a_line_is_a_verb_and_its_argument(line: bytes, command: Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("FROM:<a@b.example>", Path("a@b.example")),
        ("from: <a@b.example>", Path("a@b.example")),
        ("FROM:a@b.example", Path("a@b.example")),
        ("FROM:<>", Path("")),
        ("FROM:<> SIZE=10 body=8BITMIME", Path("", {"SIZE": "10", "BODY": "8BITMIME"})),
        ("FROM:<@one,@two:a@b.example>", Path("a@b.example")),
        ('FROM:<"a > b"@b.example> X', Path('"a > b"@b.example', {"X": ""})),
        ("FROM:<a b@c>", Path("a b@c")),
    ],
)
def test_a_path_is_read_as_programs_write_it(argument: str, found: Path) -> None:
    assert path(Command("MAIL", argument), "FROM:") == found


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "FROM",
        "FROM:",
        "<a@b>",
        "FROM:<a@b",
        "FROM:a@b>",
        "FROM:<a@b>SIZE=1",
        "FROM:<a@b> =1",
        "FROM:<a@b> A=1 a=2",
    ],
)
def test_what_is_no_path_is_told_so(argument: str) -> None:
    with pytest.raises(CommandError, match=r"^501"):
        path(Command("MAIL", argument), "FROM:")


@pytest.mark.parametrize("address", ["a b@c", "<a@b", "bücher@example.com", 'a"b@c', "a\udcff@b"])
def test_an_address_that_could_not_stand_in_a_command_again_is_not_plausible(address: str) -> None:
    assert not Path(address).is_plausible


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))))
def test_what_was_stuffed_is_unstuffed(lines: list[bytes]) -> None:
    message = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines)
    assert unstuffed(b"\r\n" + stuffed) == message
    assert unstuffed(bytearray(b"\r\n" + stuffed)) == message


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(line: bytes) -> None:
    with suppress(CommandError):
        found = path(parse(line), "FROM:")
        assert not found.is_plausible or (found.address.isascii() and found.address.isprintable())
