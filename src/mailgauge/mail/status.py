"""SMTP replies and enhanced status codes (RFC 5321 section 4.2, RFC 2034, RFC 3463). It judges nothing beyond the first digit."""

import re
from dataclasses import dataclass

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?=$|[\s:;,)])")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: the code, the enhanced status code if it gave one, and the text without it."""

    code: int
    enhanced: str | None = None
    text: str = ""

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_permanent(self) -> bool:
        return 500 <= self.code < 600

    @property
    def is_temporary(self) -> bool:
        """Also what is no reply at all: an unknown failure is temporary."""
        return not self.is_accepted and not self.is_permanent

    @property
    def status(self) -> str:
        """The enhanced status code, made from the reply code when the server gave none."""
        return self.enhanced or f"{_class(self.code)}.0.0"

    @property
    def line(self) -> str:
        """In one line: ``550 5.1.1 user unknown``."""
        return " ".join(str(part) for part in (self.code, self.enhanced, self.text) if part)

    @property
    def diagnostic(self) -> str:
        """``diagnosticCode`` of an event record: ``smtp; 550 5.1.1 user unknown``."""
        return f"smtp; {self.line}"


def _class(code: int) -> int:
    return 2 if code < 400 else 4 if code < 500 else 5


def reply(code: int, text: str) -> Reply:
    """A reply out of its code and text; lines are joined, an enhanced status code is taken off each."""
    enhanced = None
    lines = []
    for raw_line in text.splitlines():
        line = raw_line.strip()
        match = _ENHANCED.match(line)
        if match and int(match[1]) == _class(code) and enhanced in {None, match[0]}:
            enhanced = match[0]
            line = line[match.end() :].strip()
        lines.append(line)
    return Reply(code, enhanced, " ".join(filter(None, lines)))


def find_status(text: str) -> str | None:
    """The first enhanced status code in a text, as in the Status field of a DSN."""
    match = re.search(r"(?<![\d.])" + _ENHANCED.pattern, text)
    return match[0] if match else None
