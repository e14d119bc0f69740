"""An option that can't be used as it is."""

from typing import NamedTuple


class Problem(NamedTuple):
    """``text`` goes on after the option's name."""

    section: str
    option: str
    text: str
