"""Tags of resources, for the bookkeeping of those who own them (``sesv2/TagResource``). Message tags are another thing."""

from collections.abc import Iterable, Mapping

from mailgauge.base.scope import Scope
from mailgauge.ses import arns
from mailgauge.ses.errors import InvalidParameterError, LimitExceededError, ResourceNotFoundError
from mailgauge.ses.limits import AMAZON, MAX_RESOURCE_TAG_KEY, MAX_RESOURCE_TAG_VALUE, Limits
from mailgauge.store.transaction import Tx

_EXISTS = {
    arns.IDENTITY: "SELECT 1 FROM identity WHERE scope = ? AND name = ?",
    arns.CONFIGURATION_SET: "SELECT 1 FROM configuration_set WHERE scope = ? AND name = ?",
    arns.TEMPLATE: "SELECT 1 FROM template WHERE scope = ? AND name = ?",
    arns.CUSTOM_VERIFICATION_TEMPLATE: "SELECT 1 FROM custom_verification_template WHERE scope = ? AND name = ?",
    arns.DEDICATED_IP_POOL: "SELECT 1 FROM dedicated_ip_pool WHERE scope = ? AND name = ?",
    arns.CONTACT_LIST: "SELECT 1 FROM contact_list WHERE scope = ? AND name = ?",
}


def resource_of(tx: Tx, scope: Scope, arn: str) -> str:
    """The key of an existing resource, by its ARN. Raises InvalidParameterError, ResourceNotFoundError."""
    parsed = arns.parse(arn)
    if parsed is None:
        raise InvalidParameterError(f"Invalid resource ARN: {arn}")
    owner, kind, name = parsed
    if owner != scope or kind not in _EXISTS or not tx.run(_EXISTS[kind], (scope.key, name)):
        raise ResourceNotFoundError(arn)
    return key(kind, name)


def key(kind: str, name: str) -> str:
    return f"{kind}/{name}"


def add(tx: Tx, scope: Scope, resource: str, tags: Mapping[str, str], limits: Limits = AMAZON) -> None:
    """Adds tags; a key that is there already gets the new value."""
    for name, value in tags.items():
        _check(name, value)
    tx.many(
        "INSERT INTO resource_tag (scope, resource, key, value) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (scope, resource, key) DO UPDATE SET value = excluded.value",
        [(scope.key, resource, name, value) for name, value in tags.items()],
    )
    if len(of(tx, scope, resource)) > limits.resource_tags:
        raise LimitExceededError(f"A resource can't have more than {limits.resource_tags} tags.")


def of(tx: Tx, scope: Scope, resource: str) -> dict[str, str]:
    rows = tx.run(
        "SELECT key, value FROM resource_tag WHERE scope = ? AND resource = ? ORDER BY key",
        (scope.key, resource),
    )
    return dict(rows)


def remove(tx: Tx, scope: Scope, resource: str, keys: Iterable[str]) -> None:
    """Removes tags; keys that aren't there are no error."""
    tx.many(
        "DELETE FROM resource_tag WHERE scope = ? AND resource = ? AND key = ?",
        [(scope.key, resource, name) for name in keys],
    )


def forget(tx: Tx, scope: Scope, resource: str) -> None:
    """Removes all tags of a resource that goes away."""
    tx.run("DELETE FROM resource_tag WHERE scope = ? AND resource = ?", (scope.key, resource))


def _check(name: str, value: str) -> None:
    if not 1 <= len(name) <= MAX_RESOURCE_TAG_KEY:
        raise InvalidParameterError(f"A tag key must have 1 to {MAX_RESOURCE_TAG_KEY} characters.")
    if len(value) > MAX_RESOURCE_TAG_VALUE:
        raise InvalidParameterError(f"A tag value can't have more than {MAX_RESOURCE_TAG_VALUE} characters.")
    if name.lower().startswith("aws:"):
        raise InvalidParameterError("Tag keys that start with aws: are reserved.")
