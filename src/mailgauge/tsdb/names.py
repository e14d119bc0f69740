"""How names are cut into tokens, and when a term matches one (CloudWatch user guide, "Search expression tokens"). Pure."""

import re
from dataclasses import dataclass

_PIECE = re.compile(r"[^\W_]+")
# A capital that begins a word ends the capitals before it: SDBFailure is SDB and Failure.
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[0-9]+|[a-z]+|[^\W\d_]+")


def tokens(name: str) -> list[str]:
    """The parts of a name, in their own case: at changes of case and of kind, and at what is no letter or digit."""
    return [token for piece in _PIECE.findall(name) for token in _TOKEN.findall(piece)]


def index_tokens(name: str) -> set[str]:
    """What a name is found by: each of its tokens and itself as one, in lower case."""
    return {token.lower() for token in tokens(name)} | {whole(name)}


def whole(name: str) -> str:
    """The name as one token: in lower case, without separators."""
    return "".join(_PIECE.findall(name)).lower()


@dataclass(frozen=True, slots=True)
class Term:
    """A word to find. Of several tokens, all must stand in a row; those that only case or kind tell apart keep their case."""

    text: str

    @property
    def keys(self) -> frozenset[str]:
        """Of these, one stands among the index tokens of whatever matches."""
        return frozenset({*(each.lower() for each in tokens(self.text)[:1]), whole(self.text)} - {""})

    def matches(self, name: str) -> bool:
        wanted = [
            (token, len(parts) > 1)
            for piece in _PIECE.findall(self.text)
            if (parts := _TOKEN.findall(piece))
            for token in parts
        ]
        if not wanted:
            return False
        if self.text in {self.text.lower(), self.text.upper()} and whole(self.text) == whole(name):
            # The whole name is one of its tokens; a term that changes case within is several.
            return True
        found = tokens(name)
        return any(
            all(_is_same(*want, found[start + place]) for place, want in enumerate(wanted))
            for start in range(len(found) - len(wanted) + 1)
        )


def _is_same(wanted: str, keeps_case: bool, token: str) -> bool:
    return wanted == token if keeps_case else wanted.lower() == token.lower()
