"""Signs mail: with the key of its sender's domain, if there is one, and then with the service's own, as SES does.

Which key that is, ``ses.dkim`` says; how a signature is made is ``mail.dkim``'s. This opens sealed keys and keeps them at
hand, and gives work to the signing process where there is enough of it.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailgauge.iam.secrets import MasterKey, MasterKeyError
from mailgauge.mail import dkim
from mailgauge.mail.dkim import Signer
from mailgauge.ses.dkim_keys import SigningKey
from mailgauge.ses.signing.process import SigningProcess
from mailgauge.ses.signing.work import Batch, Job, Key

log = logging.getLogger(__name__)

KEPT = 1024
"""Opened keys that are kept: some 2 KB each."""
FEW = 8
"""Fewer messages are signed in a thread: on a quiet machine no process is ever started."""
LARGEST = 256 * 1024
"""Larger messages too: what takes long with them is not the arithmetic."""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """``key`` is that of the sender's domain, ``message`` what goes over the wire, but for its signatures."""

    message: bytes
    key: SigningKey | None


class Signing:
    """``service`` are the service's own keys."""

    def __init__(self, master: MasterKey, service: Sequence[SigningKey], process: SigningProcess) -> None:
        self._master = master
        self._service = tuple(service)
        self._process = process
        # By all of the key, sealed bytes included: a selector may get another key.
        self._key = lru_cache(KEPT)(self._open)
        self._signer = lru_cache(KEPT)(self._ready)

    async def sign(self, messages: Sequence[Unsigned], time: float) -> list[bytes | None]:
        """The messages with their signatures in front; None, and a line in the log, for what can't be signed."""
        signed: dict[int, bytes | None] = {}
        small = [n for n, each in enumerate(messages) if len(each.message) <= LARGEST]
        if len(small) >= FEW:
            signed = await self._apart({n: messages[n] for n in small}, time)
        rest = {n: each for n, each in enumerate(messages) if signed.get(n) is None}
        if rest:
            signed |= await asyncio.to_thread(self._here, rest, time)
        return [signed[n] for n in range(len(messages))]

    async def _apart(self, messages: dict[int, Unsigned], time: float) -> dict[int, bytes | None]:
        """In the process; None for what it could not do."""
        keys: dict[Key, int] = {}
        jobs: dict[int, Job] = {}
        for n, each in messages.items():
            try:
                wanted = [self._key(key) for key in self._wanted(each)]
            except MasterKeyError:
                continue  # it is raised again where the log is told
            places = [keys.setdefault(key, len(keys)) for key in wanted]
            jobs[n] = Job(each.message, places, time)
        fields = await self._process.sign(Batch(list(keys), list(jobs.values())))
        answers = zip(jobs.items(), fields, strict=True)
        return {
            n: None if found is None else dkim.with_fields(found, job.message) for (n, job), found in answers
        }

    def _here(self, messages: dict[int, Unsigned], time: float) -> dict[int, bytes | None]:
        return {n: self._sign(each, time) for n, each in messages.items()}

    def _sign(self, each: Unsigned, time: float) -> bytes | None:
        try:
            return dkim.signed(each.message, [self._signer(key) for key in self._wanted(each)], time)
        except Exception:
            log.exception("message not signed", extra={"domain": each.key.domain if each.key else None})
            return None

    def _wanted(self, each: Unsigned) -> tuple[SigningKey, ...]:
        return self._service if each.key is None else (each.key, *self._service)

    def _open(self, key: SigningKey) -> Key:
        """Raises MasterKeyError for a key that another master key sealed."""
        return Key(key.domain, key.selector, self._master.open(key.sealed, key.context))

    def _ready(self, key: SigningKey) -> Signer:
        opened = self._key(key)
        return dkim.signer(opened.domain, opened.selector, opened.private)
