"""Tracking options of a configuration set: the domain of links that count opens and clicks (sesv2/PutConfigurationSetTrackingOptions).

They are kept and checked as SES does; ``engagement`` makes links by them.
"""

from dataclasses import dataclass
from enum import StrEnum

from mailgauge.base.scope import Scope
from mailgauge.ses import configuration_sets, identities
from mailgauge.ses.configuration_sets import Options
from mailgauge.ses.identity_errors import (
    InvalidTrackingOptionsError,
    TrackingOptionsExistError,
    TrackingOptionsNotFoundError,
)
from mailgauge.store.transaction import Tx


class HttpsPolicy(StrEnum):
    REQUIRE = "REQUIRE"
    REQUIRE_OPEN_ONLY = "REQUIRE_OPEN_ONLY"
    OPTIONAL = "OPTIONAL"


@dataclass(frozen=True, slots=True)
class TrackingOptions:
    """``https_policy`` None was never given, and means OPTIONAL."""

    domain: str
    https_policy: HttpsPolicy | None = None


def of(options: Options) -> TrackingOptions | None:
    if options.custom_redirect_domain is None:
        return None
    policy = options.https_policy
    return TrackingOptions(options.custom_redirect_domain, HttpsPolicy(policy) if policy else None)


def put(tx: Tx, scope: Scope, configuration_set: str, wanted: TrackingOptions | None) -> None:
    """Sets them, or takes them away. Raises InvalidTrackingOptionsError."""
    configuration_sets.get(tx, scope, configuration_set)
    if wanted is not None:
        _check(tx, scope, wanted)
    configuration_sets.change_options(
        tx,
        scope,
        configuration_set,
        custom_redirect_domain=wanted.domain.lower() if wanted else None,
        https_policy=wanted.https_policy.value if wanted and wanted.https_policy else None,
    )


def create(tx: Tx, scope: Scope, configuration_set: str, domain: str) -> None:
    """The same for a set that has none. Raises TrackingOptionsExistError too."""
    if of(configuration_sets.get(tx, scope, configuration_set).options) is not None:
        raise TrackingOptionsExistError(configuration_set)
    put(tx, scope, configuration_set, TrackingOptions(domain))


def update(tx: Tx, scope: Scope, configuration_set: str, domain: str) -> None:
    """The same for a set that has some; its HTTPS policy stays. Raises TrackingOptionsNotFoundError too."""
    before = _existing(tx, scope, configuration_set)
    put(tx, scope, configuration_set, TrackingOptions(domain, before.https_policy))


def delete(tx: Tx, scope: Scope, configuration_set: str) -> None:
    """Raises TrackingOptionsNotFoundError."""
    _existing(tx, scope, configuration_set)
    put(tx, scope, configuration_set, None)


def _existing(tx: Tx, scope: Scope, configuration_set: str) -> TrackingOptions:
    found = of(configuration_sets.get(tx, scope, configuration_set).options)
    if found is None:
        raise TrackingOptionsNotFoundError(configuration_set)
    return found


def _check(tx: Tx, scope: Scope, wanted: TrackingOptions) -> None:
    """The domain or one above it must be a verified identity."""
    above = identities.covering_names(f"@{wanted.domain}")[1:]
    found = [identities.find(tx, scope, name) for name in above]
    if not wanted.domain or not any(identity is not None and identity.verified for identity in found):
        raise InvalidTrackingOptionsError(f"Domain <{wanted.domain}> is not verified under this account.")
