"""Identities: the addresses and domains an account may send from, and which of them covers an address.

A domain covers its sub-domains and all their addresses; an address covers its ``+label`` forms. Addresses are case
sensitive, domains are not. How an identity proves itself is ``verification``.
"""

import re
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mailgauge.base.scope import Scope
from mailgauge.mail.address import AddressError, parse_address
from mailgauge.ses import arns, configuration_sets, identity_schema, resource_tags
from mailgauge.ses.errors import (
    IdentityExistsError,
    IdentityNotFoundError,
    InvalidParameterError,
    LimitExceededError,
)
from mailgauge.ses.limits import AMAZON, DOMAIN_VERIFICATION_SECONDS, EMAIL_VERIFICATION_SECONDS, Limits
from mailgauge.ses.standing import Status
from mailgauge.store.transaction import Row, Tx

_COLUMNS = "scope, name, type, created, status, asked, succeeded, token, dkim_tokens, configuration_set"
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])"
)
_DKIM_ALPHABET = string.ascii_lowercase + string.digits
_DKIM_TOKENS = 3
_DKIM_TOKEN_LENGTH = 32


class IdentityType(StrEnum):
    EMAIL_ADDRESS = "EMAIL_ADDRESS"
    DOMAIN = "DOMAIN"


@dataclass(frozen=True, slots=True)
class Identity:
    """``asked`` is when its verification last began, ``succeeded`` when it was verified; seconds.

    ``token`` is the TXT record of a domain, ``dkim_tokens`` name its CNAME records; both are kept from the start.
    """

    scope: Scope
    name: str
    type: IdentityType
    created: float
    recorded_status: Status
    asked: float
    succeeded: float | None
    token: str
    dkim_tokens: tuple[str, ...]
    default_configuration_set: str | None

    @property
    def arn(self) -> str:
        return arns.arn(self.scope, arns.IDENTITY, self.name)

    @property
    def verified(self) -> bool:
        return self.recorded_status is Status.SUCCESS

    @property
    def resource(self) -> str:
        """Its key among tagged resources."""
        return resource_tags.key(arns.IDENTITY, self.name)

    def status(self, now: float) -> Status:
        """What is pending fails when its time is over: 24 hours for an address, 72 for a domain."""
        limit = (
            EMAIL_VERIFICATION_SECONDS
            if self.type is IdentityType.EMAIL_ADDRESS
            else DOMAIN_VERIFICATION_SECONDS
        )
        if self.recorded_status is Status.PENDING and now - self.asked > limit:
            return Status.FAILED
        return self.recorded_status


def normalise(name: str) -> tuple[str, IdentityType]:
    """The form in which an address or a domain is kept. Raises InvalidParameterError."""
    if "@" in name:
        try:
            address = parse_address(name)
        except AddressError as error:
            raise InvalidParameterError(f"Invalid email address<{name}>.") from error
        if address.bare != name:
            raise InvalidParameterError(f"Invalid email address<{name}>.")
        return name, IdentityType.EMAIL_ADDRESS
    domain = name.lower()
    if not _DOMAIN.fullmatch(domain):
        raise InvalidParameterError(f"Invalid domain name {name}.")
    return domain, IdentityType.DOMAIN


def create(
    tx: Tx,
    scope: Scope,
    name: str,
    now: float,
    *,
    configuration_set: str | None = None,
    tags: Mapping[str, str] | None = None,
    limits: Limits = AMAZON,
) -> Identity:
    """A new identity, pending. Raises IdentityExistsError."""
    key, kind = normalise(name)
    if find(tx, scope, key) is not None:
        raise IdentityExistsError(name)
    identity = _insert(tx, scope, key, kind, now, limits=limits)
    if tags:
        resource_tags.add(tx, scope, identity.resource, tags, limits)
    if configuration_set is not None:
        set_default_configuration_set(tx, scope, key, configuration_set)
    return get(tx, scope, key)


def ensure(tx: Tx, scope: Scope, name: str, now: float, limits: Limits = AMAZON) -> Identity:
    """The identity of this name, made where it isn't there; its time to prove itself begins again unless it has."""
    key, kind = normalise(name)
    identity = find(tx, scope, key)
    if identity is None:
        return _insert(tx, scope, key, kind, now, limits=limits)
    tx.run(
        "UPDATE identity SET status = ?, asked = ? WHERE scope = ? AND name = ? AND status != ?",
        (Status.PENDING, int(now * 1000), scope.key, key, Status.SUCCESS),
    )
    return get(tx, scope, key)


def mark_verified(tx: Tx, scope: Scope, name: str, now: float) -> Identity:
    key, _ = normalise(name)
    tx.run(
        "UPDATE identity SET status = ?, succeeded = ? WHERE scope = ? AND name = ? AND status != ?",
        (Status.SUCCESS, int(now * 1000), scope.key, key, Status.SUCCESS),
    )
    return get(tx, scope, key)


def record_status(tx: Tx, identity: Identity, status: Status, now: float) -> None:
    """What a look at DNS found; the time of the first success is kept."""
    succeeded = identity.succeeded if identity.verified or status is not Status.SUCCESS else now
    tx.run(
        "UPDATE identity SET status = ?, succeeded = ? WHERE scope = ? AND name = ?",
        (status, None if succeeded is None else int(succeeded * 1000), identity.scope.key, identity.name),
    )


def named(tx: Tx, scope: Scope, text: str) -> Identity:
    """The identity of a name or of an ARN, which must be the caller's own. Raises IdentityNotFoundError."""
    if not text.startswith("arn:"):
        return get(tx, scope, text)
    parsed = arns.parse(text)
    if parsed is None or parsed[:2] != (scope, arns.IDENTITY):
        raise IdentityNotFoundError(text)
    return get(tx, scope, parsed[2])


def find(tx: Tx, scope: Scope, name: str) -> Identity | None:
    """The identity of exactly this name, verified or not; a domain in any case."""
    key = name if "@" in name else name.lower()
    rows = tx.run(f"SELECT {_COLUMNS} FROM identity WHERE scope = ? AND name = ?", (scope.key, key))
    return _identity(rows[0]) if rows else None


def get(tx: Tx, scope: Scope, name: str) -> Identity:
    """The same, but a missing one raises IdentityNotFoundError."""
    found = find(tx, scope, name)
    if found is None:
        raise IdentityNotFoundError(name)
    return found


def page(tx: Tx, scope: Scope, after: str, limit: int, kind: IdentityType | None = None) -> list[Identity]:
    """Identities by name, behind ``after``."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM identity WHERE scope = ? AND name > ? AND type = coalesce(?, type) ORDER BY name LIMIT ?",
        (scope.key, after, kind, limit),
    )
    return [_identity(row) for row in rows]


def delete(tx: Tx, scope: Scope, name: str) -> None:
    """Raises IdentityNotFoundError."""
    identity = get(tx, scope, name)
    tx.run("DELETE FROM identity WHERE scope = ? AND name = ?", (scope.key, identity.name))
    resource_tags.forget(tx, scope, identity.resource)
    identity_schema.forget(tx, scope, identity.name)


def set_default_configuration_set(tx: Tx, scope: Scope, name: str, configuration_set: str | None) -> None:
    """The set that sends from this identity use when they name none; None takes it away."""
    identity = get(tx, scope, name)
    if configuration_set is not None:
        configuration_sets.get(tx, scope, configuration_set)
    tx.run(
        "UPDATE identity SET configuration_set = ? WHERE scope = ? AND name = ?",
        (configuration_set, scope.key, identity.name),
    )


def find_verified(tx: Tx, scope: Scope, address: str) -> Identity | None:
    """The most specific verified identity that covers a bare address: itself, then its domain, then the domains above."""
    covering = covering_names(address)
    marks = ",".join("?" * len(covering))
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM identity WHERE scope = ? AND status = ? AND name IN ({marks})",
        (scope.key, Status.SUCCESS, *covering),
    )
    found = {identity.name: identity for identity in map(_identity, rows)}
    return next((found[name] for name in covering if name in found), None)


def find_domain(tx: Tx, scope: Scope, address: str) -> Identity | None:
    """The most specific verified domain that covers a bare address."""
    return find_verified(tx, scope, f"@{address.rpartition('@')[2]}")


def unverified_of(tx: Tx, scope: Scope, addresses: Iterable[str]) -> list[str]:
    """Those of the bare addresses that no verified identity covers, each once, in their order."""
    return [address for address in dict.fromkeys(addresses) if find_verified(tx, scope, address) is None]


def covering_names(address: str) -> list[str]:
    """The names of identities that would cover a bare address, the most specific first."""
    local, _, domain = address.rpartition("@")
    names = [address]
    if "+" in local.lstrip("+"):
        names.append(f"{local[: local.index('+', 1)]}@{domain}")
    labels = domain.lower().split(".")
    return names + [".".join(labels[start:]) for start in range(len(labels))]


def _insert(tx: Tx, scope: Scope, name: str, kind: IdentityType, now: float, *, limits: Limits) -> Identity:
    [(count,)] = tx.run("SELECT count(*) FROM identity WHERE scope = ?", (scope.key,))
    if count >= limits.identities:
        raise LimitExceededError(f"You can't have more than {limits.identities} identities.")
    at = int(now * 1000)
    dkim_tokens = [_dkim_token() for _ in range(_DKIM_TOKENS)] if kind is IdentityType.DOMAIN else []
    tx.run(
        f"INSERT INTO identity ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            scope.key,
            name,
            kind,
            at,
            Status.PENDING,
            at,
            None,
            secrets.token_urlsafe(32),
            ",".join(dkim_tokens),
            None,
        ),
    )
    return get(tx, scope, name)


def _dkim_token() -> str:
    return "".join(secrets.choice(_DKIM_ALPHABET) for _ in range(_DKIM_TOKEN_LENGTH))


def _identity(row: Row) -> Identity:
    scope, name, kind, created, status, asked, succeeded, token, dkim_tokens, configuration_set = row
    return Identity(
        scope=Scope.from_key(scope),
        name=name,
        type=IdentityType(kind),
        created=created / 1000,
        recorded_status=Status(status),
        asked=asked / 1000,
        succeeded=None if succeeded is None else succeeded / 1000,
        token=token,
        dkim_tokens=tuple(filter(None, dkim_tokens.split(","))),
        default_configuration_set=configuration_set,
    )
