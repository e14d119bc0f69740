"""From SVG to PNG, by resvg with the fonts that come with the package, so that a picture is the same on every machine."""

from pathlib import Path
from typing import Final

from mailgauge.cloudwatch.widgets.picture import FONT

_FONTS: Final = Path(__file__).parent / "fonts"


def png(svg: str) -> bytes:
    """Takes tens of milliseconds of a core, so never on the event loop."""
    from resvg_py import svg_to_bytes

    return bytes(
        svg_to_bytes(
            svg_string=svg,
            skip_system_fonts=True,
            font_dirs=[str(_FONTS)],
            font_family=FONT,
            sans_serif_family=FONT,
        )
    )
