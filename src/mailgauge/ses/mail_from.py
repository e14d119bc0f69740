"""Custom MAIL FROM domains: the domain that bounces of an identity's mail go to, once DNS proves it (ses/SetIdentityMailFromDomain)."""

from dataclasses import dataclass
from enum import StrEnum

from mailgauge.ses import identities
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.ses.standing import Standing, Status
from mailgauge.ses.upsert import upsert
from mailgauge.store.transaction import Tx

_COLUMNS = "domain, on_failure, status, asked, failing"


class OnFailure(StrEnum):
    """What happens to mail while the MX record isn't found."""

    USE_DEFAULT_VALUE = "USE_DEFAULT_VALUE"
    REJECT_MESSAGE = "REJECT_MESSAGE"


@dataclass(frozen=True, slots=True)
class MailFrom:
    domain: str
    on_failure: OnFailure
    standing: Standing

    @property
    def is_proven(self) -> bool:
        """Whether bounces can come back to it now."""
        return self.standing.recorded is Status.SUCCESS and self.standing.failing is None

    @property
    def refuses(self) -> bool:
        """Whether mail is refused now."""
        return self.on_failure is OnFailure.REJECT_MESSAGE and not self.is_proven


def find(tx: Tx, identity: Identity) -> MailFrom | None:
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM identity_mail_from WHERE scope = ? AND name = ?",
        (identity.scope.key, identity.name),
    )
    if not rows:
        return None
    domain, on_failure, status, asked, failing = rows[0]
    standing = Standing(Status(status), asked / 1000, None if failing is None else failing / 1000)
    return MailFrom(domain, OnFailure(on_failure), standing)


def in_force(tx: Tx, identity: Identity) -> MailFrom | None:
    """That of the identity, or of the domain of an address."""
    own = find(tx, identity)
    if own is not None or identity.type is IdentityType.DOMAIN:
        return own
    domain = identities.find_domain(tx, identity.scope, identity.name)
    return None if domain is None else find(tx, domain)


def put(tx: Tx, identity: Identity, domain: str, on_failure: OnFailure, standing: Standing) -> None:
    """Raises InvalidParameterError unless ``domain`` is below the identity's own. A proven domain stays so."""
    name, kind = identities.normalise(domain)
    own = identity.name.rpartition("@")[2].lower()
    if kind is not IdentityType.DOMAIN or not name.endswith(f".{own}"):
        raise InvalidParameterError(
            f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <{own}>."
        )
    before = find(tx, identity)
    if before is not None and before.domain == name and before.standing.recorded is Status.SUCCESS:
        standing = before.standing
    tx.run(
        upsert("identity_mail_from", "scope, name", _COLUMNS),
        (
            identity.scope.key,
            identity.name,
            name,
            on_failure,
            standing.recorded,
            int(standing.asked * 1000),
            None,
        ),
    )


def remove(tx: Tx, identity: Identity) -> None:
    tx.run("DELETE FROM identity_mail_from WHERE scope = ? AND name = ?", (identity.scope.key, identity.name))


def save_standing(tx: Tx, identity: Identity, standing: Standing) -> None:
    tx.run(
        "UPDATE identity_mail_from SET status = ?, failing = ? WHERE scope = ? AND name = ?",
        (
            standing.recorded,
            None if standing.failing is None else int(standing.failing * 1000),
            identity.scope.key,
            identity.name,
        ),
    )
