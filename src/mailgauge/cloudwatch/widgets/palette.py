"""The colours of graphs, by theme. Pure."""

from dataclasses import dataclass
from typing import Final

from mailgauge.cloudwatch.widgets.definition import Theme

SERIES: Final = (
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
    "#aec7e8", "#ffbb78", "#98df8a", "#ff9896", "#c5b0d5", "#c49c94", "#f7b6d2", "#c7c7c7", "#dbdb8d", "#9edae5",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Palette:
    paper: str
    ink: str
    faint: str
    grid: str
    mark: str
    """Of annotations that name no colour."""


_OF: Final = {
    Theme.LIGHT: Palette("#ffffff", "#16191f", "#5f6b7a", "#e4e7ea", "#d13212"),
    Theme.DARK: Palette("#16191f", "#e9ebed", "#9ba7b6", "#363f4b", "#ff5d64"),
}


def palette(theme: Theme) -> Palette:
    return _OF[theme]


def color(place: int) -> str:
    return SERIES[place % len(SERIES)]
