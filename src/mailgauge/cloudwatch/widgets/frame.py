"""Where things are in a graph: the part of the picture it has, and its scales. Values only."""

from dataclasses import dataclass

from mailgauge.cloudwatch.widgets.scale import Scale


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What is between the axes of a graph; ``left`` and ``right`` are the scales of values."""

    box: Box
    times: Scale
    left: Scale
    right: Scale

    def values(self, *, right: bool) -> Scale:
        return self.right if right else self.left
