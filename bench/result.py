"""What a benchmark says: one number, which way is better, and the peer's number from the same run."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Peer:
    """Another program doing the same work here, and what has to be said beside its number."""

    name: str
    value: float
    remark: str


@dataclass(frozen=True)
class Result:
    name: str
    value: float
    unit: str
    better: Literal["higher", "lower"]
    peers: tuple[Peer, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)

    def best_peer(self) -> Peer | None:
        """The peer that is hardest to beat."""
        choose = max if self.better == "higher" else min
        return choose(self.peers, key=lambda peer: peer.value, default=None)

    def ratio_to(self, peer: Peer) -> float:
        """How many times better than the peer; below 1 is worse."""
        return self.value / peer.value if self.better == "higher" else peer.value / self.value

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "better": self.better,
        }
        if (peer := self.best_peer()) is not None:
            found |= {"peer": peer.name, "peer_value": round(peer.value, 3)}
            found |= {"ratio": round(self.ratio_to(peer), 3), "peer_remark": peer.remark}
        if self.detail:
            found["detail"] = self.detail
        return found
