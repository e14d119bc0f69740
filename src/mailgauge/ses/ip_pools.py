"""Dedicated IP pools: addresses of this machine, grouped so that a configuration set's mail leaves from them (sesv2/CreateDedicatedIpPool).

The operator says which addresses there are (``[delivery] addresses``); each account groups them as it likes.
"""

import re
from collections.abc import Mapping, Sequence

from mailgauge.base.scope import Scope
from mailgauge.ses import arns, configuration_sets, resource_tags
from mailgauge.ses.errors import AlreadyExistsError, InvalidParameterError, LimitExceededError, NotFoundError
from mailgauge.ses.limits import AMAZON, Limits
from mailgauge.ses.upsert import upsert
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "ses.pools",
    (
        """
        CREATE TABLE dedicated_ip_pool (
            scope TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (scope, name)
        ) WITHOUT ROWID;
        CREATE TABLE dedicated_ip (
            scope TEXT NOT NULL, ip TEXT NOT NULL, pool TEXT NOT NULL, PRIMARY KEY (scope, ip)
        ) WITHOUT ROWID
        """,
    ),
)

DEFAULT_POOL = "ses-default-dedicated-pool"
"""Where an address is that was put in no pool."""
SHARED_POOL = "ses-shared-pool"
"""The machine's own choice of an address, which a set has that names no pool."""
_NAME = re.compile(r"[a-z0-9_-]{1,64}")


class PoolNotFoundError(NotFoundError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Dedicated IP pool <{name}> does not exist.")


class AddressNotFoundError(NotFoundError):
    def __init__(self, ip: str) -> None:
        super().__init__(f"Dedicated IP <{ip}> does not exist.")


def create(tx: Tx, scope: Scope, name: str, tags: Mapping[str, str], limits: Limits = AMAZON) -> None:
    """An empty pool. Raises InvalidParameterError, AlreadyExistsError, LimitExceededError."""
    if not _NAME.fullmatch(name) or name in {DEFAULT_POOL, SHARED_POOL}:
        raise InvalidParameterError(f"Invalid dedicated IP pool name <{name}>.")
    known = names(tx, scope)
    if name in known:
        raise AlreadyExistsError(f"Dedicated IP pool <{name}> already exists.")
    if len(known) >= limits.ip_pools:
        raise LimitExceededError(f"You can't have more than {limits.ip_pools} dedicated IP pools.")
    tx.run("INSERT INTO dedicated_ip_pool (scope, name) VALUES (?, ?)", (scope.key, name))
    if tags:
        resource_tags.add(tx, scope, _resource(name), tags, limits)


def names(tx: Tx, scope: Scope) -> list[str]:
    rows = tx.run("SELECT name FROM dedicated_ip_pool WHERE scope = ? ORDER BY name", (scope.key,))
    return [name for (name,) in rows]


def require(tx: Tx, scope: Scope, name: str) -> None:
    """Raises PoolNotFoundError; the default pool is always there."""
    if name != DEFAULT_POOL and name not in names(tx, scope):
        raise PoolNotFoundError(name)


def check_for_sending(tx: Tx, scope: Scope, name: str) -> None:
    """Whether a configuration set may name it. Raises InvalidParameterError."""
    if name not in {DEFAULT_POOL, SHARED_POOL} and name not in names(tx, scope):
        raise InvalidParameterError(f"SendingPool <{name}> doesn't exist")


def delete(tx: Tx, scope: Scope, name: str) -> None:
    """Its addresses are in no pool then, and sets that name it send from any address. Raises PoolNotFoundError."""
    if name not in names(tx, scope):
        raise PoolNotFoundError(name)
    tx.run("DELETE FROM dedicated_ip_pool WHERE scope = ? AND name = ?", (scope.key, name))
    tx.run("DELETE FROM dedicated_ip WHERE scope = ? AND pool = ?", (scope.key, name))
    resource_tags.forget(tx, scope, _resource(name))


def put_address(tx: Tx, scope: Scope, ip: str, pool: str, there: Sequence[str]) -> None:
    """Moves one of the addresses that are ``there``. Raises AddressNotFoundError, PoolNotFoundError."""
    if ip not in there:
        raise AddressNotFoundError(ip)
    require(tx, scope, pool)
    tx.run(upsert("dedicated_ip", "scope, ip", "pool"), (scope.key, ip, pool))


def addresses(tx: Tx, scope: Scope, there: Sequence[str]) -> dict[str, str]:
    """The pool of each address that is ``there``."""
    rows = tx.run("SELECT ip, pool FROM dedicated_ip WHERE scope = ?", (scope.key,))
    pools: dict[str, str] = dict(rows)
    return {ip: pools.get(ip, DEFAULT_POOL) for ip in there}


def of_set(tx: Tx, scope: Scope, configuration_set: str | None, there: Sequence[str]) -> list[str]:
    """The addresses that mail of a configuration set leaves from; none means any."""
    found = configuration_sets.current(tx, scope, configuration_set) if configuration_set else None
    pool = found.options.sending_pool if found else None
    return [ip for ip, its_pool in addresses(tx, scope, there).items() if its_pool == pool] if pool else []


def _resource(name: str) -> str:
    return resource_tags.key(arns.DEDICATED_IP_POOL, name)
