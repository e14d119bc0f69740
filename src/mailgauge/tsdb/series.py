"""What a series is: namespace, metric name and the set of its dimensions, in a scope. Unit and resolution are not part of it."""

import hashlib
from dataclasses import dataclass, field

from mailgauge.base.scope import Scope

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """The identity of a metric. ``dimensions`` are (name, value) pairs sorted by name; use ``of`` to build one."""

    scope: Scope
    namespace: str
    name: str
    dimensions: Dimensions = ()
    id: bytes = field(init=False, compare=False, repr=False)
    """128-bit BLAKE2b of the identity: no id is ever allocated, so any process can compute it."""

    def __post_init__(self) -> None:
        parts = [self.scope.account, self.scope.region, self.namespace, self.name]
        for name, value in self.dimensions:
            parts += [name, value]
        # Control characters are not allowed in any part, so the separator can't be forged.
        object.__setattr__(self, "id", hashlib.blake2b("\x00".join(parts).encode(), digest_size=16).digest())

    @classmethod
    def of(
        cls, scope: Scope, namespace: str, name: str, dimensions: dict[str, str] | None = None
    ) -> "Series":
        return cls(scope, namespace, name, tuple(sorted((dimensions or {}).items())))
