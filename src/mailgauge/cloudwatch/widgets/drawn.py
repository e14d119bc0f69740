"""A series as a graph shows it. Values only."""

from dataclasses import dataclass

Points = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """``points`` by ascending time (epoch seconds); ``period`` says which of them are neighbours."""

    label: str
    color: str
    points: Points
    period: int
    is_right: bool = False

    def runs(self) -> list[Points]:
        """The points in rows without a gap between them: a line is not drawn over what is not known."""
        found: list[Points] = []
        for point in self.points:
            if found and point[0] - found[-1][-1][0] <= self.period:
                found[-1].append(point)
            else:
                found.append([point])
        return found
