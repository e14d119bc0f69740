"""Addresses as SES reads them: ``local@domain``, with or without a display name, and lists of them in header fields.

The rules and the wording of the refusals are SES's (7-bit ASCII, Punycode only in the domain), laxer than RFC 5321 in
places. It does not ask whether an address exists.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header

LONGEST = 320
# What nearly all addresses are: nothing of it can be refused, so it need not be looked at letter by letter.
_PLAIN = re.compile(
    r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@((?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63})"
)
_ILLEGAL_IN_LOCAL = frozenset('()<>,;:\\"[]')


class AddressError(ValueError):
    """An address SES refuses; the text is SES's own."""


@dataclass(frozen=True, slots=True)
class Address:
    """``display_name`` is decoded and empty when there is none; ``local`` keeps its quotes and its case."""

    display_name: str
    local: str
    domain: str

    @property
    def bare(self) -> str:
        return f"{self.local}@{self.domain}"


def parse_address(text: str) -> Address:
    """One address, with or without a display name. Raises AddressError."""
    plain = _plain(text)
    if plain is not None:
        return plain
    parts = list(_split_list(text))
    if len(parts) != 1:
        raise AddressError("Missing final '@domain'" if not parts else "Illegal address")
    return _parse_one(parts[0])


def parse_address_list(text: str) -> list[Address]:
    """All addresses of a To, Cc or Reply-To value, those inside groups too. Raises AddressError."""
    plain = _plain(text)
    if plain is not None:
        return [plain]
    return [_parse_one(part) for part in _split_list(text)]


def bare(text: str) -> str:
    """``local@domain`` without the display name. Raises AddressError."""
    return parse_address(text).bare


def same(one: str, other: str) -> bool:
    """Whether two bare addresses are one mailbox for SES, which compares without regard to case."""
    return one.lower() == other.lower()


def _plain(text: str) -> Address | None:
    found = _PLAIN.fullmatch(text) if len(text) <= LONGEST else None
    return None if found is None else Address("", found[1], found[2])


def _split_list(text: str) -> Iterator[str]:
    """The addresses of a list; commas in quotes, comments and angle brackets don't part them, group names are dropped."""
    start = 0
    depth = 0
    quoted = angle = False
    skip = False
    for at, char in enumerate(text):
        if skip:
            skip = False
        elif char == "\\" and (quoted or depth):
            skip = True
        elif quoted:
            quoted = char != '"'
        elif depth:
            depth += (char == "(") - (char == ")")
        elif char == '"':
            quoted = True
        elif char == "(":
            depth = 1
        elif char == "<":
            angle = True
        elif char == ">":
            angle = False
        elif angle:
            continue
        elif char in ",;":
            yield from _not_blank(text[start:at])
            start = at + 1
        elif char == ":" and "@" not in text[start:at]:
            start = at + 1
    yield from _not_blank(text[start:])


def _not_blank(part: str) -> Iterator[str]:
    part = part.strip(" \t\r\n")
    if part:
        yield part


def _parse_one(text: str) -> Address:
    name, address = _name_and_address(text)
    local, domain = _check(address)
    return Address(decode_words(name), local, domain)


def _name_and_address(text: str) -> tuple[str, str]:
    bracket = _find_bracket(text)
    if bracket >= 0:
        end = text.rfind(">")
        if end < bracket:
            raise AddressError("Missing '>'")
        if _without_comments(text[end + 1 :]).strip():
            raise AddressError("Illegal address")
        return _unquote(text[:bracket].strip(" \t\r\n")), text[bracket + 1 : end].strip(" \t\r\n")
    if "(" in text:
        # The old form of a display name: joe@example.com (Joe)
        comment = text[text.index("(") + 1 :].rstrip().removesuffix(")")
        return _unquote(comment), _without_comments(text).strip(" \t\r\n")
    return "", text


def _find_bracket(text: str) -> int:
    if '"' not in text:
        return text.find("<")
    quoted = skip = False
    for at, char in enumerate(text):
        if skip:
            skip = False
        elif quoted and char == "\\":
            skip = True
        elif char == '"':
            quoted = not quoted
        elif char == "<" and not quoted:
            return at
    return -1


def _without_comments(text: str) -> str:
    if "(" not in text:
        return text
    kept = []
    depth = 0
    quoted = False
    for char in text:
        if char == '"' and not depth:
            quoted = not quoted
        if char == "(" and not quoted:
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(char)
    return "".join(kept)


def _unquote(name: str) -> str:
    if '"' not in name and "\\" not in name:
        return name
    kept = []
    skip = False
    for char in name:
        if skip or char not in '"\\':
            kept.append(char)
            skip = False
        elif char == "\\":
            skip = True
    return "".join(kept)


def printable(text: str) -> str:
    """The text without lone surrogates, which some charsets can smuggle in and no JSON can carry."""
    return text.encode("utf-8", "replace").decode()


def decode_words(text: str) -> str:
    """Encoded words (RFC 2047) as text; what can't be decoded stays as it is."""
    if "=?" not in text:
        return text
    try:
        return printable(str(make_header(decode_header(text))))
    except (MessageError, LookupError, ValueError):
        return text


def _check(address: str) -> tuple[str, str]:
    """Splits ``local@domain``, first fault first."""
    end = _check_local(address)
    local, domain = address[:end], address[end + 1 :]
    _check_domain(domain)
    if len(address) > LONGEST:
        raise AddressError(f"Email address length is more than {LONGEST} characters")
    return local, domain


def _check_local(address: str) -> int:
    """Where the ``@`` is."""
    end = _end_of_quoted(address) if address.startswith('"') else address.find("@")
    local = address if end < 0 else address[:end]
    if local.startswith("."):
        raise AddressError("Local address starts with dot")
    if ".." in local and not local.startswith('"'):
        raise AddressError("Local address contains dot-dot")
    _check_local_characters(local)
    if end == 0:
        raise AddressError("Missing local name")
    if local.endswith("."):
        raise AddressError("Local address ends with dot")
    if end < 0:
        raise AddressError("Missing final '@domain'")
    return end


def _check_local_characters(local: str) -> None:
    # Quotes allow blanks and specials, never control characters or what isn't ASCII.
    quoted = local.startswith('"')
    for char in local:
        if char > "~" or char < " " or (char == " " and not quoted):
            raise AddressError("Local address contains control or whitespace")
        if char in _ILLEGAL_IN_LOCAL and not quoted:
            raise AddressError("Local address contains illegal character")


def _end_of_quoted(address: str) -> int:
    skip = False
    for at, char in enumerate(address[1:], start=1):
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif char == '"':
            if at + 1 == len(address):
                return -1
            if address[at + 1] != "@":
                raise AddressError("Quote not at end of local address")
            return at + 1
    raise AddressError("Unterminated quote")


def _check_domain(domain: str) -> None:
    if not domain:
        raise AddressError("Missing domain")
    if domain.startswith("."):
        raise AddressError("Domain starts with dot")
    literal = domain.startswith("[") and domain.endswith("]") and len(domain) > 2
    for char in domain[1:-1] if literal else domain:
        if char <= " " or char > "~":
            raise AddressError("Domain contains control or whitespace")
        if not (char.isalnum() or char in "-.") and not (literal and char == ":"):
            raise AddressError("Domain contains illegal character")
    if ".." in domain:
        raise AddressError("Domain contains dot-dot")
    if domain.endswith("."):
        raise AddressError("Domain ends with dot")
    if not literal and any(len(label) > 63 for label in domain.split(".")):
        raise AddressError("Domain contains a label longer than 63 characters")
