"""Which links of an HTML text are counted, and what their attributes say: RFC 3986, HTML's character references, ``ses:tags``. Pure."""

import re
from html import unescape
from html.entities import html5

NO_TRACK = "ses:no-track"
TAGS = "ses:tags"

# A longer one would not fit into the header of a request any more, once it is in a token.
LONGEST_URL = 4000

# RFC 3986 section 3, as far as http and https use it: a host is there, brackets stand in IP literals only.
_CHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})"
_URL = re.compile(
    r"https?://"
    r"(?:(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@)?"
    r"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?"
    rf"(?:/{_CHAR}*)?(?:\?(?:{_CHAR}|\?)*)?(?:\#(?:{_CHAR}|\?)*)?",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9A-Fa-f]+;?|([A-Za-z][A-Za-z0-9]*;?)(=?))")
_TAG = re.compile(r"[A-Za-z0-9_-]+")
_BLANKS = " \t\n\f\r"


def address_in(href: str) -> str | None:
    """The address that an ``href`` attribute, as it stands in the source, leads to; None where it is not to be counted."""
    url = decoded(href).strip(_BLANKS)
    return url if len(url) <= LONGEST_URL and _URL.fullmatch(url) else None


def decoded(value: str) -> str:
    """An attribute's value without character references, as browsers read one (HTML, "named character reference state").

    ``?a=1&copy=2`` is no copyright sign there: a reference without a semicolon does not count before ``=`` or a letter.
    """
    return _REFERENCE.sub(_referred, value) if "&" in value else value


def _referred(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        # Python makes no number of more than 4300 digits, and no character has one.
        return unescape(match[0]) if len(match[0]) <= LONGEST_URL else "\ufffd"
    return match[0] if match[2] or name not in html5 else html5[name]


def tags_in(value: str) -> dict[str, list[str]]:
    """``campaign:spring; place:footer;``. A pair with other characters than SES allows is no tag."""
    found: dict[str, list[str]] = {}
    for pair in decoded(value).split(";"):
        name, _, content = (each.strip(_BLANKS) for each in pair.partition(":"))
        if _TAG.fullmatch(name) and _TAG.fullmatch(content):
            found.setdefault(name, []).append(content)
    return found
