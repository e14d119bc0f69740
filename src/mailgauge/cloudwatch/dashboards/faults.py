"""One thing that is wrong with a dashboard's body. A value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """``path`` leads to the place, such as ``/widgets/0/properties/metrics``."""

    path: str
    text: str
