"""Many messages are signed in a helper process: the same signatures, and whatever happens to it nothing goes unsigned."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailgauge.iam.secrets import MasterKey
from mailgauge.mail.headers import split, values
from mailgauge.ses.dkim_keys import SigningKey
from mailgauge.ses.signing.process import SigningProcess
from mailgauge.ses.signing.signing import FEW, LARGEST, Signing, Unsigned
from tests.mail.dkim_reader import NOW, keys, verdicts

MASTER = MasterKey(bytes(32))
MANY = 3 * FEW


def message(n: int, body: bytes = b"Hello.\r\n") -> bytes:
    return b"From: a@example.com\r\nTo: b@example.net\r\nSubject: %d\r\nDate: today\r\n\r\n%b" % (n, body)


def key(selector: str) -> SigningKey:
    private = keys()[selector].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    context = f"dkim/{selector}"
    return SigningKey("example.com", selector, MASTER.seal(private, context), context)


@pytest.fixture
async def process() -> AsyncIterator[SigningProcess]:
    process = SigningProcess()
    yield process
    await process.close()


@pytest.fixture
def signing(process: SigningProcess) -> Signing:
    return Signing(MASTER, [key("curve")], process)


def signatures(signed: bytes | None) -> int:
    """How many it has; all of them good."""
    assert signed is not None
    found = len(values(split(signed).fields, "DKIM-Signature"))
    assert verdicts(signed) == [True] * found
    return found


async def test_each_message_gets_the_signatures_of_its_own_keys(
    signing: Signing, process: SigningProcess
) -> None:
    chosen = [key("long"), None, key("short")]
    asked = [Unsigned(message(n), chosen[n % 3]) for n in range(MANY)]
    signed = await signing.sign(asked, NOW)
    assert process.pid is not None
    assert [signatures(each) for each in signed] == [2 if each.key else 1 for each in asked]
    assert all(each and each.endswith(asked[n].message) for n, each in enumerate(signed))


async def test_a_few_messages_start_no_process(signing: Signing, process: SigningProcess) -> None:
    signed = await signing.sign([Unsigned(message(n), None) for n in range(FEW - 1)], NOW)
    assert [signatures(each) for each in signed] == [1] * (FEW - 1)
    assert await signing.sign([], NOW) == []
    assert process.pid is None


async def test_large_messages_are_signed_beside_small_ones(signing: Signing) -> None:
    large = b"A line of text.\r\n" * (LARGEST // 10)
    asked = [Unsigned(message(n, large if n == 3 else b"Small."), None) for n in range(MANY)]
    assert [signatures(each) for each in await signing.sign(asked, NOW)] == [1] * MANY


async def test_what_kills_the_process_costs_no_signature(signing: Signing, process: SigningProcess) -> None:
    asked = [Unsigned(message(n), None) for n in range(MANY)]
    await signing.sign(asked, NOW)
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert [signatures(each) for each in await signing.sign(asked, NOW)] == [1] * MANY
    assert [signatures(each) for each in await signing.sign(asked, NOW)] == [1] * MANY
    assert process.pid not in {None, first}


async def test_a_key_of_another_master_key_costs_only_its_own_messages(signing: Signing) -> None:
    foreign = MasterKey(bytes(31) + b"\x01").seal(b"secret", "dkim/foreign")
    unusable = SigningKey("example.com", "foreign", foreign, "dkim/foreign")
    broken = SigningKey("example.com", "broken", MASTER.seal(b"no key", "dkim/broken"), "dkim/broken")
    chosen = [None, unusable, broken]
    signed = await signing.sign([Unsigned(message(n), chosen[n % 3]) for n in range(MANY)], NOW)
    assert [each is None for each in signed] == [n % 3 != 0 for n in range(MANY)]
