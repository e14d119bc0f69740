"""Policies of an identity: who else may send from it (ses/PutIdentityPolicy). What they say is ``policy_language``'s."""

from collections.abc import Iterable

from mailgauge.aws.policy_conditions import PolicyError
from mailgauge.ses import policy_language
from mailgauge.ses.errors import InvalidParameterError, LimitExceededError
from mailgauge.ses.identities import Identity
from mailgauge.ses.identity_errors import InvalidPolicyError, PolicyExistsError, PolicyNotFoundError
from mailgauge.ses.limits import AMAZON, Limits
from mailgauge.ses.upsert import upsert
from mailgauge.store.transaction import Tx


def of(tx: Tx, identity: Identity, names: Iterable[str] | None = None) -> dict[str, str]:
    """Policies by name, or those of them that are asked for."""
    rows = tx.run(
        "SELECT policy_name, policy FROM identity_policy WHERE scope = ? AND name = ? ORDER BY policy_name",
        (identity.scope.key, identity.name),
    )
    wanted = None if names is None else set(names)
    return {name: policy for name, policy in rows if wanted is None or name in wanted}


def put(tx: Tx, identity: Identity, name: str, policy: str, limits: Limits = AMAZON) -> None:
    """Adds a policy or replaces it. Raises InvalidPolicyError, InvalidParameterError, LimitExceededError."""
    size = len(policy.encode())
    if size > limits.identity_policy_bytes:
        raise InvalidPolicyError(
            f"Policy length is more than {limits.identity_policy_bytes} bytes long: '{size}'."
        )
    try:
        policy_language.check(policy)
    except PolicyError as error:
        raise InvalidPolicyError(str(error)) from error
    if not identity.verified:
        raise InvalidParameterError(f"Identity <{identity.name}> is not verified.")
    others = of(tx, identity).keys() - {name}
    if len(others) >= limits.identity_policies:
        raise LimitExceededError(f"An identity can't have more than {limits.identity_policies} policies.")
    tx.run(
        upsert("identity_policy", "scope, name, policy_name", "policy"),
        (identity.scope.key, identity.name, name, policy),
    )


def create(tx: Tx, identity: Identity, name: str, policy: str, limits: Limits = AMAZON) -> None:
    """The same for a new one. Raises PolicyExistsError too."""
    if name in of(tx, identity):
        raise PolicyExistsError(identity.name, name)
    put(tx, identity, name, policy, limits)


def update(tx: Tx, identity: Identity, name: str, policy: str, limits: Limits = AMAZON) -> None:
    """The same for one that is there. Raises PolicyNotFoundError too."""
    if name not in of(tx, identity):
        raise PolicyNotFoundError(identity.name, name)
    put(tx, identity, name, policy, limits)


def delete(tx: Tx, identity: Identity, name: str) -> None:
    """It need not be there."""
    tx.run(
        "DELETE FROM identity_policy WHERE scope = ? AND name = ? AND policy_name = ?",
        (identity.scope.key, identity.name, name),
    )
