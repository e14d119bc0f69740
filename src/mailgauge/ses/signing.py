"""Signs mail: with the key of its sender's domain, if there is one, and then with the service's own, as SES does.

Which key that is, ``dkim`` says; how a signature is made is ``mail.dkim``'s. This opens sealed keys and keeps them at hand.
"""

from collections.abc import Sequence
from functools import lru_cache

from mailgauge.iam.secrets import MasterKey
from mailgauge.mail import dkim
from mailgauge.mail.dkim import Signer
from mailgauge.ses.dkim_keys import SigningKey

KEPT = 1024
"""Opened keys that are kept: some 2 KB each."""


class Signing:
    """``service`` are the service's own keys. Any thread may sign."""

    def __init__(self, master: MasterKey, service: Sequence[SigningKey]) -> None:
        self._master = master
        self._service = tuple(service)
        # By all of the key, sealed bytes included: a selector may get another key.
        self._signer = lru_cache(KEPT)(self._open)

    def sign(self, message: bytes, key: SigningKey | None, time: float) -> bytes:
        """The message with its signatures in front. Raises MasterKeyError for a key that another master key sealed."""
        wanted = self._service if key is None else (key, *self._service)
        return dkim.signed(message, [self._signer(each) for each in wanted], time)

    def _open(self, key: SigningKey) -> Signer:
        return dkim.signer(key.domain, key.selector, self._master.open(key.sealed, key.context))
