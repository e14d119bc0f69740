"""Configuration sets: names, the sending switch and options. Their event destinations are in ``event_destinations``.

Every change of what is published makes a new immutable version (``destinations.versions``), which journal entries name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.destinations import versions
from mailgauge.ses import arns, reputation_counts, resource_tags
from mailgauge.ses.errors import (
    ConfigurationSetExistsError,
    ConfigurationSetNotFoundError,
    InvalidParameterError,
    LimitExceededError,
)
from mailgauge.ses.limits import (
    AMAZON,
    MAX_CONFIGURATION_SET_NAME,
    MAX_DELIVERY_SECONDS,
    MIN_DELIVERY_SECONDS,
    Limits,
)
from mailgauge.store.transaction import Row, Tx

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_COLUMNS = "name, version, created, sending_enabled, fresh_start, options"


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options that publishing does not depend on. None is "never set", which some replies tell from a default."""

    max_delivery_seconds: int | None = None
    suppressed_reasons: tuple[str, ...] | None = None
    engagement_metrics: str | None = None
    optimized_shared_delivery: str | None = None
    reputation_metrics: bool = False
    custom_redirect_domain: str | None = None
    https_policy: str | None = None
    sending_pool: str | None = None
    require_tls: bool = False
    pause_reason: str | None = None
    """Why the service paused its sending by itself, while it is so."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Options).decode


@dataclass(frozen=True, slots=True)
class ConfigurationSet:
    """A set as it is now. ``version`` is the id of its current version; times are in seconds."""

    name: str
    version: int
    created: float
    sending_enabled: bool = True
    last_fresh_start: float | None = None
    options: Options = field(default_factory=Options)

    @property
    def max_delivery_seconds(self) -> int | None:
        return self.options.max_delivery_seconds


def create(
    tx: Tx,
    scope: Scope,
    name: str,
    now: float,
    *,
    sending_enabled: bool = True,
    options: Options | None = None,
    tags: Mapping[str, str] | None = None,
    limits: Limits = AMAZON,
) -> None:
    """A new set without event destinations."""
    check_name(name)
    options = options or Options()
    _check_options(options)
    if current(tx, scope, name) is not None:
        raise ConfigurationSetExistsError(name)
    [(count,)] = tx.run("SELECT count(*) FROM configuration_set WHERE scope = ?", (scope.key,))
    if count >= limits.configuration_sets:
        raise LimitExceededError(f"You can't have more than {limits.configuration_sets} configuration sets.")
    version = versions.put(tx, scope, name, (), now)
    tx.run(
        "INSERT INTO configuration_set (scope, name, version, created, sending_enabled, options) VALUES (?, ?, ?, ?, ?, ?)",
        (scope.key, name, version, int(now * 1000), int(sending_enabled), _encode(options)),
    )
    if tags:
        resource_tags.add(tx, scope, resource_tags.key(arns.CONFIGURATION_SET, name), tags, limits)


def current(tx: Tx, scope: Scope, name: str) -> ConfigurationSet | None:
    """The set of this name, or None."""
    rows = tx.run(f"SELECT {_COLUMNS} FROM configuration_set WHERE scope = ? AND name = ?", (scope.key, name))
    return _configuration_set(rows[0]) if rows else None


def get(tx: Tx, scope: Scope, name: str) -> ConfigurationSet:
    """The same, but a missing one raises ConfigurationSetNotFoundError."""
    check_name(name)
    found = current(tx, scope, name)
    if found is None:
        raise ConfigurationSetNotFoundError(name)
    return found


def names(tx: Tx, scope: Scope, after: str, limit: int) -> list[str]:
    """Names in order, behind ``after``."""
    rows = tx.run(
        "SELECT name FROM configuration_set WHERE scope = ? AND name > ? ORDER BY name LIMIT ?",
        (scope.key, after, limit),
    )
    return [name for (name,) in rows]


def delete(tx: Tx, scope: Scope, name: str) -> None:
    """Removes the set; its versions stay, since the journal names them."""
    get(tx, scope, name)
    tx.run("DELETE FROM configuration_set WHERE scope = ? AND name = ?", (scope.key, name))
    reputation_counts.reset(tx, scope, name)
    resource_tags.forget(tx, scope, resource_tags.key(arns.CONFIGURATION_SET, name))


def set_sending_enabled(tx: Tx, scope: Scope, name: str, now: float, *, enabled: bool) -> None:
    """The sending switch. Switching it on again is a fresh start for the set's reputation metrics."""
    before = get(tx, scope, name)
    if enabled and not before.sending_enabled:
        tx.run(
            "UPDATE configuration_set SET sending_enabled = 1, fresh_start = ? WHERE scope = ? AND name = ?",
            (int(now * 1000), scope.key, name),
        )
        change_options(tx, scope, name, pause_reason=None)
        reputation_counts.reset(tx, scope, name)
    else:
        tx.run(
            "UPDATE configuration_set SET sending_enabled = ? WHERE scope = ? AND name = ?",
            (int(enabled), scope.key, name),
        )


def set_max_delivery_seconds(tx: Tx, scope: Scope, name: str, seconds: int | None) -> None:
    """How long delivery of its messages is tried; None is the service's own retry period."""
    change_options(tx, scope, name, max_delivery_seconds=seconds)


def change_options(tx: Tx, scope: Scope, name: str, **changes: Any) -> None:
    """Replaces those of the fields of Options that are named."""
    options = msgspec.structs.replace(get(tx, scope, name).options, **changes)
    _check_options(options)
    tx.run(
        "UPDATE configuration_set SET options = ? WHERE scope = ? AND name = ?",
        (_encode(options), scope.key, name),
    )


def paused_by_itself(tx: Tx) -> list[tuple[Scope, str, str]]:
    """The sets that the service paused, and why."""
    rows = tx.run("SELECT scope, name, options FROM configuration_set WHERE sending_enabled = 0")
    found = [(Scope.from_key(scope), name, _decode(options).pause_reason) for scope, name, options in rows]
    return [(scope, name, reason) for scope, name, reason in found if reason is not None]


def set_version(tx: Tx, scope: Scope, name: str, version: int) -> None:
    """Makes a version the current one."""
    tx.run(
        "UPDATE configuration_set SET version = ? WHERE scope = ? AND name = ?", (version, scope.key, name)
    )


def check_name(name: str) -> None:
    if not name:
        raise InvalidParameterError("The configuration set name must be specified.")
    if len(name) > MAX_CONFIGURATION_SET_NAME:
        raise InvalidParameterError(
            f"Configuration set name cannot exceed {MAX_CONFIGURATION_SET_NAME} characters."
        )
    if not _NAME.fullmatch(name):
        raise InvalidParameterError(
            f"Invalid configuration set name <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed."
        )


def _check_options(options: Options) -> None:
    seconds = options.max_delivery_seconds
    if seconds is not None and not MIN_DELIVERY_SECONDS <= seconds <= MAX_DELIVERY_SECONDS:
        raise InvalidParameterError(
            f"MaxDeliverySeconds must be between {MIN_DELIVERY_SECONDS} and {MAX_DELIVERY_SECONDS}."
        )


def _configuration_set(row: Row) -> ConfigurationSet:
    name, version, created, sending_enabled, fresh_start, options = row
    return ConfigurationSet(
        name=name,
        version=version,
        created=created / 1000,
        sending_enabled=bool(sending_enabled),
        last_fresh_start=None if fresh_start is None else fresh_start / 1000,
        options=_decode(options),
    )


def version_in_force(tx: Tx, scope: Scope, name: str | None) -> int | None:
    """The version that an event of a message sent with this set is journalled with; None once the set is gone."""
    if name is None:
        return None
    rows = tx.run("SELECT version FROM configuration_set WHERE scope = ? AND name = ?", (scope.key, name))
    return int(rows[0][0]) if rows else None
