"""What is kept of an account besides its counters: suppression reasons, details, VDM attributes, and a pause of our own.

An account that never set anything has the defaults; nothing is written for it.
"""

from typing import Any

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.store.transaction import Tx


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the account's owner said about its mail (``sesv2/PutAccountDetails``). Kept and shown, not acted on."""

    mail_type: str
    website_url: str
    contact_language: str | None = None
    use_case_description: str | None = None
    additional_contacts: tuple[str, ...] = ()
    asks_for_production: bool = False


class Vdm(msgspec.Struct, frozen=True, omit_defaults=True):
    """The Virtual Deliverability Manager's switches (``sesv2/PutAccountVdmAttributes``); None was never given."""

    enabled: bool
    engagement_metrics: str | None = None
    optimized_shared_delivery: str | None = None


class Attributes(msgspec.Struct, frozen=True, omit_defaults=True):
    """``pause_reason`` says why the service paused the account by itself, while it is so.

    ``fresh_start`` (seconds) is when it last did: only mail since then counts for the account's reputation.
    """

    suppressed_reasons: tuple[str, ...] = ("BOUNCE", "COMPLAINT")
    details: Details | None = None
    vdm: Vdm | None = None
    pause_reason: str | None = None
    fresh_start: float = 0.0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Attributes).decode


def get(tx: Tx, scope: Scope) -> Attributes:
    rows = tx.run("SELECT attributes FROM account_attributes WHERE scope = ?", (scope.key,))
    return _decode(rows[0][0]) if rows else Attributes()


def everybody(tx: Tx) -> list[tuple[Scope, Attributes]]:
    """All accounts that ever set anything."""
    rows = tx.run("SELECT scope, attributes FROM account_attributes")
    return [(Scope.from_key(scope), _decode(blob)) for scope, blob in rows]


def change(tx: Tx, scope: Scope, **changes: Any) -> None:
    """Replaces those of the fields of Attributes that are named."""
    attributes = msgspec.structs.replace(get(tx, scope), **changes)
    tx.run(
        "INSERT INTO account_attributes (scope, attributes) VALUES (?, ?)"
        " ON CONFLICT (scope) DO UPDATE SET attributes = excluded.attributes",
        (scope.key, _encode(attributes)),
    )
