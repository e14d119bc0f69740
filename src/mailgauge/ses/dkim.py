"""How the mail of an identity is signed: Easy DKIM with keys of ours, or a key that the domain's owner brings (BYODKIM).

Keys are sealed under the master key. ``signing_key`` says with what is signed; that is done in ``signing``.
"""

from dataclasses import dataclass
from enum import StrEnum

from mailgauge.iam.secrets import MasterKey
from mailgauge.ses import identities
from mailgauge.ses.dkim_keys import KeyPair, SigningKey
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.ses.standing import Standing, Status
from mailgauge.ses.upsert import upsert
from mailgauge.store.transaction import Row, Tx

ROTATION_SECONDS = 180 * 86_400
"""Age at which a key of ours gets a successor."""
DEFAULT_BITS = 2048
_COLUMNS = "enabled, origin, status, asked, failing, next_bits"
_KEY_CONTENT = "bits, created, active, public, sealed"
_KEY_COLUMNS = f"selector, {_KEY_CONTENT}"


class Origin(StrEnum):
    AWS_SES = "AWS_SES"
    EXTERNAL = "EXTERNAL"


@dataclass(frozen=True, slots=True)
class Key:
    """``sealed`` is opened with the context that ``context`` gives for it. ``created`` is in seconds."""

    selector: str
    bits: int
    created: float
    is_active: bool
    public: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Dkim:
    """What is set for a domain, and its keys in the order in which they were made."""

    enabled: bool
    origin: Origin
    standing: Standing
    next_bits: int
    keys: tuple[Key, ...] = ()

    @property
    def active(self) -> Key | None:
        return next((key for key in self.keys if key.is_active), None)

    @property
    def successor(self) -> Key | None:
        """A newer key, which is used as soon as DNS shows it."""
        active = self.active
        newer = [key for key in self.keys if active and not key.is_active and key.created >= active.created]
        return newer[-1] if newer else None

    def tokens(self, identity: Identity) -> tuple[str, ...]:
        """The names of its records: three for Easy DKIM, the selector for a key that was brought."""
        if self.origin is Origin.EXTERNAL:
            return tuple(key.selector for key in self.keys)
        return identity.dkim_tokens


def find(tx: Tx, identity: Identity) -> Dkim | None:
    """None where DKIM was never set up."""
    at = (identity.scope.key, identity.name)
    rows = tx.run(f"SELECT {_COLUMNS} FROM identity_dkim WHERE scope = ? AND name = ?", at)
    if not rows:
        return None
    keys = tx.run(
        f"SELECT {_KEY_COLUMNS} FROM dkim_key WHERE scope = ? AND name = ? ORDER BY created, selector", at
    )
    return _dkim(rows[0], tuple(map(_key, keys)))


def get(tx: Tx, identity: Identity) -> Dkim:
    """The same where it is known to be set up."""
    found = find(tx, identity)
    assert found is not None
    return found


def start(tx: Tx, identity: Identity, now: float, bits: int = DEFAULT_BITS) -> Dkim:
    """Easy DKIM, waiting for its records; where it waited or has proved itself already, that goes on."""
    found = find(tx, identity)
    if found is None or found.origin is not Origin.AWS_SES:
        _put(tx, identity, Dkim(True, Origin.AWS_SES, Standing(Status.PENDING, now), bits))
        _drop_keys(tx, identity)
    elif found.standing.status(now) is Status.FAILED:
        save_standing(tx, identity, Standing(Status.PENDING, now))
    return get(tx, identity)


def bring(tx: Tx, identity: Identity, selector: str, pair: KeyPair, now: float, *, sealed: bytes) -> Dkim:
    """A key of the owner's, waiting for its record. ``sealed`` is for ``context`` of the same identity and selector."""
    if identity.type is not IdentityType.DOMAIN:
        raise InvalidParameterError("DKIM signing attributes can only be set for domain identities.")
    _put(tx, identity, Dkim(True, Origin.EXTERNAL, Standing(Status.PENDING, now), DEFAULT_BITS))
    _drop_keys(tx, identity)
    add_key(tx, identity, Key(selector, pair.bits, now, True, pair.public, sealed))
    return get(tx, identity)


def set_enabled(tx: Tx, identity: Identity, now: float, *, enabled: bool) -> None:
    """Raises InvalidParameterError for an address whose domain has no DKIM."""
    found = find(tx, identity)
    if found is None:
        if identity.type is IdentityType.DOMAIN:
            found = start(tx, identity, now)
        elif enabled and of_domain(tx, identity) is None:
            raise InvalidParameterError(f"The domain of {identity.name} is not set up for DKIM signing.")
        else:
            found = Dkim(enabled, Origin.AWS_SES, Standing(Status.NOT_STARTED, now), DEFAULT_BITS)
            _put(tx, identity, found)
    tx.run(
        "UPDATE identity_dkim SET enabled = ? WHERE scope = ? AND name = ?",
        (int(enabled), identity.scope.key, identity.name),
    )


def set_next_bits(tx: Tx, identity: Identity, bits: int) -> None:
    """The length of the next key of ours, which then takes the place of the present one."""
    tx.run(
        "UPDATE identity_dkim SET next_bits = ? WHERE scope = ? AND name = ?",
        (bits, identity.scope.key, identity.name),
    )


def save_standing(tx: Tx, identity: Identity, standing: Standing) -> None:
    tx.run(
        "UPDATE identity_dkim SET status = ?, asked = ?, failing = ? WHERE scope = ? AND name = ?",
        (
            standing.recorded,
            int(standing.asked * 1000),
            None if standing.failing is None else int(standing.failing * 1000),
            identity.scope.key,
            identity.name,
        ),
    )


def of_domain(tx: Tx, identity: Identity) -> tuple[Identity, Dkim] | None:
    """The domain that signs for an identity, itself or the most specific one above it, with its DKIM."""
    for name in identities.covering_names(identity.name):
        domain = None if "@" in name else identities.find(tx, identity.scope, name)
        found = None if domain is None else find(tx, domain)
        if domain is not None and found is not None:
            return domain, found
    return None


def take_for_proven(tx: Tx, identity: Identity) -> None:
    """Where identities need no proof, neither does their DKIM."""
    found = find(tx, identity)
    if found is not None and identity.type is IdentityType.DOMAIN:
        save_standing(tx, identity, Standing(Status.SUCCESS, found.standing.asked))


def signing_key(tx: Tx, identity: Identity) -> SigningKey | None:
    """What mail of this identity is signed with; None where DKIM is off or its records were not found."""
    signer = _signer(tx, identity)
    key = None if signer is None else signer[1].active
    if signer is None or key is None:
        return None
    domain, _ = signer
    return SigningKey(domain.name, key.selector, key.sealed, context(domain, key.selector))


def without_key(tx: Tx, identity: Identity) -> tuple[Identity, Dkim] | None:
    """The domain that would sign for an identity if it had a key: one that was taken for proven has none at first."""
    signer = _signer(tx, identity)
    return signer if signer is not None and signer[1].active is None else None


def _signer(tx: Tx, identity: Identity) -> tuple[Identity, Dkim] | None:
    """The domain that signs for an identity, where it is on for both and proven."""
    own = find(tx, identity)
    signer = of_domain(tx, identity)
    if signer is None or (own is not None and not own.enabled):
        return None
    _, found = signer
    return signer if found.enabled and found.standing.recorded is Status.SUCCESS else None


def context(identity: Identity, selector: str) -> str:
    """What a private key is sealed for."""
    return _context(identity.scope.key, identity.name, selector)


def _context(scope: str, name: str, selector: str) -> str:
    return f"dkim/{scope}/{name}/{selector}"


def sealed(tx: Tx) -> list[tuple[str, bytes]]:
    """What the master key has to open, of all identities, each with its context."""
    rows = tx.run("SELECT scope, name, selector, sealed FROM dkim_key")
    return [(_context(*key), text) for *key, text in rows]


def seal(master: MasterKey, identity: Identity, selector: str, pair: KeyPair, now: float) -> Key:
    """A pair as a key of an identity that is not in use yet."""
    sealed = master.seal(pair.private, context(identity, selector))
    return Key(selector, pair.bits, now, False, pair.public, sealed)


def wanted_key(identity: Identity, found: Dkim, now: float) -> str | None:
    """The token for which a key should be made now: the first, or, when the key in use is old or of another length, the next."""
    if found.origin is not Origin.AWS_SES or not identity.dkim_tokens:
        return None
    active = found.active
    if active is None:
        return identity.dkim_tokens[0]
    is_old = now - active.created >= ROTATION_SECONDS or active.bits != found.next_bits
    if not is_old or found.successor is not None:
        return None
    place = identity.dkim_tokens.index(active.selector) if active.selector in identity.dkim_tokens else -1
    return identity.dkim_tokens[(place + 1) % len(identity.dkim_tokens)]


def add_key(tx: Tx, identity: Identity, key: Key) -> None:
    """Keeps a key, in place of an older one with its selector."""
    tx.run(
        upsert("dkim_key", "scope, name, selector", _KEY_CONTENT),
        (
            identity.scope.key,
            identity.name,
            key.selector,
            key.bits,
            int(key.created * 1000),
            int(key.is_active),
            key.public,
            key.sealed,
        ),
    )


def activate(tx: Tx, identity: Identity, selector: str) -> None:
    """Signs with this key from now on; the one before stays, for what is still on its way."""
    tx.run(
        "UPDATE dkim_key SET active = (selector = ?) WHERE scope = ? AND name = ?",
        (selector, identity.scope.key, identity.name),
    )


def _put(tx: Tx, identity: Identity, dkim: Dkim) -> None:
    tx.run(
        upsert("identity_dkim", "scope, name", _COLUMNS),
        (
            identity.scope.key,
            identity.name,
            int(dkim.enabled),
            dkim.origin,
            dkim.standing.recorded,
            int(dkim.standing.asked * 1000),
            None,
            dkim.next_bits,
        ),
    )


def _drop_keys(tx: Tx, identity: Identity) -> None:
    tx.run("DELETE FROM dkim_key WHERE scope = ? AND name = ?", (identity.scope.key, identity.name))


def _dkim(row: Row, keys: tuple[Key, ...]) -> Dkim:
    enabled, origin, status, asked, failing, next_bits = row
    standing = Standing(Status(status), asked / 1000, None if failing is None else failing / 1000)
    return Dkim(bool(enabled), Origin(origin), standing, next_bits, keys)


def _key(row: Row) -> Key:
    selector, bits, created, active, public, sealed = row
    return Key(selector, bits, created / 1000, bool(active), public, sealed)
