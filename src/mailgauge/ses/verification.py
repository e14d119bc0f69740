"""How an identity proves itself: at once, or an address by a link that is mailed to it, and a domain by its DNS records.

The records are looked up by ``domain_checker``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.base.signed import seal, unseal
from mailgauge.iam.secrets import MasterKey
from mailgauge.ses import custom_verification, dkim, domain_checks, identities, mail_from
from mailgauge.ses.custom_verification import VerificationTemplate
from mailgauge.ses.dkim import Dkim
from mailgauge.ses.dkim_keys import KeyPair
from mailgauge.ses.errors import NotSupportedError
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.ses.limits import EMAIL_VERIFICATION_SECONDS
from mailgauge.ses.mail_from import OnFailure
from mailgauge.ses.standing import Standing, Status
from mailgauge.store.transaction import Tx

SendSystemMail = Callable[[Tx, Scope, str, str, str], None]
"""Queues a mail of the service itself, in the given transaction: scope, recipient, subject, text."""


_PURPOSE = "verify identity"


def _nothing() -> None:
    """Nobody is told."""


class Mode(StrEnum):
    AUTOMATIC = "automatic"
    MAIL = "mail"


class InvalidLinkError(Exception):
    """A verification link that proves nothing; the text is for the person who opened it."""


class _Claim(msgspec.Struct, array_like=True, frozen=True):
    """What a link says. ``created`` ties it to this identity and not to a later one of the same name."""

    scope: str
    name: str
    created: int
    until: int
    template: str = ""
    """The custom verification template that the mail was made of."""


@dataclass(frozen=True, slots=True)
class Verification:
    """``address`` gives the base of the links (``https://mail.example.com``), asked late since ports may be chosen late."""

    mode: Mode
    service: str = "this email service"
    secret: bytes = b""
    address: Callable[[], str] = str
    send_system_mail: SendSystemMail | None = None
    check_soon: Callable[[], None] = _nothing
    """Hints, from any thread, that a domain is to be checked."""
    master: MasterKey | None = None
    """Seals the DKIM keys that callers bring."""

    def begin(self, tx: Tx, identity: Identity, now: float) -> Identity:
        """Starts the proof of an identity, or starts it again; returns it as it then is."""
        if self.mode is Mode.AUTOMATIC:
            dkim.take_for_proven(tx, identity)
            return identities.mark_verified(tx, identity.scope, identity.name, now)
        if identity.type is IdentityType.EMAIL_ADDRESS and self.send_system_mail is not None:
            subject = f"Confirm your email address for {self.service}"
            self.send_system_mail(tx, identity.scope, identity.name, subject, self._text(identity, now))
        if identity.type is IdentityType.DOMAIN:
            self.look_up(tx, identity, now)
        return identity

    def look_up(self, tx: Tx, identity: Identity, now: float) -> None:
        """Has the DNS records of an identity checked; where identities need no proof, its DKIM needs none either."""
        if self.mode is Mode.MAIL:
            domain_checks.schedule(tx, identity, now)
            tx.after_commit(self.check_soon)
        else:
            dkim.take_for_proven(tx, identity)

    def bring_key(self, tx: Tx, identity: Identity, selector: str, pair: KeyPair, now: float) -> Dkim:
        """Has an identity's mail signed with the caller's own key, once DNS shows it."""
        if self.master is None:
            raise NotSupportedError("DomainSigningPrivateKey")
        sealed = dkim.seal(self.master, identity, selector, pair, now).sealed
        return dkim.bring(tx, identity, selector, pair, now, sealed=sealed)

    def begin_mail_from(
        self, tx: Tx, identity: Identity, domain: str, on_failure: OnFailure, now: float
    ) -> None:
        """Sets a MAIL FROM domain, which is proven at once or waits for its records. Raises InvalidParameterError."""
        status = Status.SUCCESS if self.mode is Mode.AUTOMATIC else Status.PENDING
        mail_from.put(tx, identity, domain, on_failure, Standing(status, now))
        self.look_up(tx, identity, now)

    def link(self, identity: Identity, now: float, template: str = "") -> str:
        """What a person opens to confirm an address."""
        return f"{self.address().rstrip('/')}/_verify?token={self.token(identity, now, template)}"

    def token(self, identity: Identity, now: float, template: str = "") -> str:
        """What a link carries: a claim and its signature."""
        claim = _Claim(
            identity.scope.key,
            identity.name,
            int(identity.created * 1000),
            int(now) + EMAIL_VERIFICATION_SECONDS,
            template,
        )
        return seal(self.secret, _PURPOSE, msgspec.json.encode(claim))

    def waiting(self, tx: Tx, token: str, now: float) -> Identity:
        """The identity that a token would verify. Raises InvalidLinkError."""
        claim = self._claim(token)
        if now > claim.until:
            raise InvalidLinkError("This link is older than 24 hours. Ask for a new one.")
        scope = Scope.from_key(claim.scope)
        identity = identities.find(tx, scope, claim.name)
        if identity is None or int(identity.created * 1000) != claim.created:
            raise InvalidLinkError("The address of this link is no longer waiting for a confirmation.")
        return identity

    def accept(self, tx: Tx, token: str, now: float) -> Identity:
        """Marks the identity of a token verified. Raises InvalidLinkError."""
        identity = self.waiting(tx, token, now)
        return identities.mark_verified(tx, identity.scope, identity.name, now)

    def template_of(self, tx: Tx, token: str) -> VerificationTemplate | None:
        """The custom verification template whose mail a token came with, whether or not it proves anything still."""
        try:
            claim = self._claim(token)
        except InvalidLinkError:
            return None
        return custom_verification.find(tx, Scope.from_key(claim.scope), claim.template)

    def _claim(self, token: str) -> _Claim:
        try:
            payload = unseal(self.secret, _PURPOSE, token)
        except ValueError as error:
            raise InvalidLinkError("This link is not complete.") from error
        return msgspec.json.decode(payload, type=_Claim)

    def _text(self, identity: Identity, now: float) -> str:
        return (
            f"Somebody asked to send email from {identity.name} with {self.service}\n"
            f"(account {identity.scope.account}, Region {identity.scope.region}).\n\n"
            "If it was you, open this link within 24 hours to confirm it:\n\n"
            f"{self.link(identity, now)}\n\n"
            "If it was not, do nothing: without the confirmation nobody can send from this address.\n"
        )
