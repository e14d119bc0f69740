"""Time zones as CloudWatch writes them: an offset in hours and minutes. Pure."""

import re
from datetime import datetime, timezone


def parse_zone(text: str) -> timezone | None:
    """``+0130`` as a time zone, None for what is none."""
    try:
        parsed = datetime.strptime(text, "%z").tzinfo if re.fullmatch(r"[+-]\d{4}", text) else None
    except ValueError:
        return None
    return parsed if isinstance(parsed, timezone) else None
