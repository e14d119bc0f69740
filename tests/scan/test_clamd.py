"""What clamd answers becomes a verdict, and a clamd that does not answer is told from a message it does not scan."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mailgauge.scan.clamd import Clamd, ClamdAddressError, ClamdError, Tcp, Unix, parse_address
from mailgauge.scan.eicar import EICAR
from mailgauge.scan.verdict import Clean, Infected, Unavailable, Unscannable, Verdict
from tests.scenarios import clamd

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(path: Path, answer: Answer, seconds: float = 60) -> AsyncIterator[Clamd]:
    """A server that does with each connection what the test says, and ``seconds`` of time for it."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(connected, path)
    async with server:
        yield Clamd(Unix(str(path)), seconds)


async def received(reader: asyncio.StreamReader) -> bytes:
    """The content of one INSTREAM."""
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    content = b""
    while size := int.from_bytes(await reader.readexactly(4), "big"):
        content += await reader.readexactly(size)
    return content


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"stream: OK\0", Clean()),
        (b"stream: Eicar-Test-Signature FOUND\0", Infected("Eicar-Test-Signature")),
        (b"stream: a name FOUND FOUND\0", Infected("a name FOUND")),
        (b"INSTREAM size limit exceeded. ERROR\0", Unscannable("INSTREAM size limit exceeded")),
        (b"stream: Can't allocate memory ERROR\0", Unscannable("stream: Can't allocate memory")),
        (b"\0", Unscannable("an empty answer")),
        (b"\xff\xfe what?\0", Unscannable("\ufffd\ufffd what?")),
    ],
)
async def test_an_answer_becomes_a_verdict(tmp_path: Path, answer: bytes, verdict: Verdict) -> None:
    seen = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        content = await received(reader)
        seen.append(content)
        writer.write(b"stream: OK\0" if content == b"Hello." else answer)
        await writer.drain()

    content = bytes(range(256)) * 4000
    async with scripted(tmp_path / "s", script) as scanner:
        assert await scanner.scan(content) == verdict
        assert await scanner.scan(b"") == verdict
    assert [each for each in seen if each != b"Hello."] == [content, b""]


async def test_a_connection_that_breaks_off_is_no_verdict_on_the_message(tmp_path: Path) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await received(reader)
        writer.write(b"stream: O")

    async with scripted(tmp_path / "s", script) as scanner:
        assert isinstance(await scanner.scan(b"hello"), Unavailable)


async def test_a_message_that_takes_too_long_is_unscannable_while_clamd_answers_otherwise(
    tmp_path: Path,
) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await received(reader) == b"Hello.":
            writer.write(b"stream: OK\0")
            await writer.drain()
        else:
            await reader.read()

    async with scripted(tmp_path / "s", script, 0.3) as scanner:
        assert await scanner.scan(b"zip") == Unscannable("no answer within 0.3 seconds")


async def test_a_clamd_that_scans_nothing_is_unavailable_whatever_it_answers(tmp_path: Path) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await received(reader)
        writer.write(b"stream: Can't create temporary file ERROR\0")
        await writer.drain()

    async with scripted(tmp_path / "s", script) as scanner:
        assert isinstance(await scanner.scan(b"zip"), Unavailable)


async def test_an_answer_without_end_is_not_waited_for(tmp_path: Path) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x" * 1000)
            await writer.drain()

    async with scripted(tmp_path / "s", script) as scanner:
        assert isinstance(await scanner.scan(b"hello"), Unavailable)


async def test_nobody_there_is_unavailable(tmp_path: Path) -> None:
    for address in (
        Unix(str(tmp_path / "none")),
        Tcp("127.0.0.1", 1),
        Tcp("nowhere.invalid", 3310),
        Tcp("a..b", 1),
    ):
        scanner = Clamd(address, 5)
        verdict = await scanner.scan(b"hello")
        assert isinstance(verdict, Unavailable)
        assert str(address) in verdict.reason
        with pytest.raises(ClamdError, match="can't be reached"):
            await scanner.version()


def test_addresses_are_read() -> None:
    assert parse_address("unix:/run/clamav/clamd.ctl") == Unix("/run/clamav/clamd.ctl")
    assert parse_address("clamd://scanner:3310") == Tcp("scanner", 3310)
    assert parse_address("clamd://[::1]:3310") == Tcp("::1", 3310)
    for text in (
        "scanner:3310",
        "clamd://scanner",
        "clamd://:3310",
        "clamd://a:0",
        "clamd://a:65536",
        "unix:run",
        "http://a:1",
    ):
        with pytest.raises(ClamdAddressError):
            parse_address(text)


@pytest.fixture(scope="module")
def real() -> Iterator[clamd.Clamd]:
    with clamd.clamd(most="1M") as server:
        yield server


async def test_clamav_finds_the_test_file_and_passes_the_rest(real: clamd.Clamd) -> None:
    scanner = Clamd(parse_address(real.address), 20)
    head = b"From: a@example.com\r\nMIME-Version: 1.0\r\n"
    in_base64 = b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(EICAR)
    assert await scanner.scan(EICAR) == Infected(clamd.FOUND)
    assert await scanner.scan(head + in_base64) == Infected(clamd.FOUND)
    assert await scanner.scan(head + b"\r\nHello.\r\n") == Clean()
    assert await scanner.unavailable() is None
    assert (await scanner.version()).startswith("ClamAV ")


async def test_a_message_longer_than_clamav_takes_is_unscannable_and_stops_nothing_else(
    real: clamd.Clamd,
) -> None:
    scanner = Clamd(parse_address(real.address), 20)
    for size in (1_100_000, 40_000_000):
        assert await scanner.scan(bytes(size)) == Unscannable("INSTREAM size limit exceeded")
    assert await scanner.scan(bytes(900_000)) == Clean()


async def test_a_clamav_that_hangs_is_unavailable(real: clamd.Clamd) -> None:
    scanner = Clamd(parse_address(real.address), 0.2, patience=0.5)
    real.pause()
    try:
        begun = time.monotonic()
        assert isinstance(await scanner.scan(b"hello"), Unavailable)
        assert time.monotonic() - begun < 30
    finally:
        real.go_on()
    assert await Clamd(parse_address(real.address), 20).scan(b"hello") == Clean()
