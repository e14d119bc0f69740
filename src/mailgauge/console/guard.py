"""What every request and every answer of the console must carry, against other sites in the same browser. Pure."""

from collections.abc import Mapping

# The page's own script sends it; a form or a link of another site can't.
HEADER = "x-mailgauge-console"

_POLICY = "; ".join(  # noqa: FLY002 - one rule a line
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS = (
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)


def foreign(headers: Mapping[str, str]) -> str:
    """Why a request to the console's API can't be the page's own; empty when it can."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "It comes from another site."
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        return "It comes from another site."
    return "" if HEADER in headers else f"It lacks the header {HEADER}."
