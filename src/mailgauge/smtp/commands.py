"""The commands of SMTP (RFC 5321, section 4.1) as values: a line becomes a verb, an argument becomes a path with its parameters.

Pure. It knows the grammar; what is allowed when is in ``dialogue``.
"""

import re
from dataclasses import dataclass, field

# A path as RFC 5321 writes it, or without its brackets, as some programs do. Quotes may hold brackets and blanks.
_PATH = re.compile(r"""\s*(?:<((?:"(?:\\.|[^"\\])*"|[^">])*)>|([^\s<>]+))(?:\s+(.*))?""")
_ADDRESS = re.compile(r"""(?:"(?:\\.|[^"\\])*"|[^"<>\s])*""")
_ROUTE = re.compile(r"@[^:@\s]+(?:,@[^:@\s]+)*:")
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")
_STUFFED = b"\r\n."


class CommandError(ValueError):
    """A line that is no command, or an argument that is no path; the text is the reply."""


@dataclass(frozen=True, slots=True)
class Command:
    """``verb`` is in upper case and may be unknown; ``argument`` is what stands behind it, without blanks around."""

    verb: str
    argument: str


@dataclass(frozen=True, slots=True)
class Path:
    """The argument of MAIL or RCPT. ``address`` is empty for ``<>``; names of parameters are in upper case."""

    address: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def is_plausible(self) -> bool:
        """Whether the address could stand in a command again. What an address is, is for others to say."""
        return self.address.isascii() and _ADDRESS.fullmatch(self.address) is not None


def parse(line: bytes) -> Command:
    """``line`` is without its end. Raises CommandError for control characters, which no command has."""
    if any(byte < 32 or byte == 127 for byte in line):
        raise CommandError("500 5.5.2 Syntax error: a command has no control characters")
    # What isn't ASCII stays apart from what is, and every check of an address refuses it.
    verb, _, argument = line.decode("ascii", "surrogateescape").strip(" ").partition(" ")
    return Command(verb.upper(), argument.strip(" "))


def path(command: Command, keyword: str) -> Path:
    """What MAIL (``keyword`` is ``FROM:``) or RCPT (``TO:``) names. Raises CommandError."""
    syntax = f"501 5.5.4 Syntax: {command.verb} {keyword}<address>"
    text = command.argument
    if text[: len(keyword)].upper() != keyword:
        raise CommandError(syntax)
    found = _PATH.fullmatch(text, len(keyword))
    if found is None:
        raise CommandError(syntax)
    bracketed, plain, rest = found.groups()
    address = plain if bracketed is None else bracketed
    # A source route is to be taken and not to be followed (RFC 5321, appendix C).
    return Path(_ROUTE.sub("", address, count=1) if address.startswith("@") else address, _parameters(rest))


def _parameters(text: str | None) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for each in (text or "").split():
        found = _PARAMETER.fullmatch(each)
        if found is None or found[1].upper() in parameters:
            raise CommandError("501 5.5.4 Syntax error in parameters")
        parameters[found[1].upper()] = found[2] or ""
    return parameters


def unstuffed(data: bytes | bytearray) -> bytes:
    """The message out of what was sent, which begins with the CRLF of the line before it (RFC 5321, section 4.5.2)."""
    if _STUFFED in data:
        data = data.replace(_STUFFED, b"\r\n")
    # One copy, because it may be large.
    return bytes(memoryview(data)[2:])
