"""The model's constraints: required members, lengths, ranges, enums and patterns, and AWS's sentences about them.

Only finds and words violations; which error code they become is the service's business (``gateway.validation``).
The sentences are those of AWS's own framework, recorded from CloudWatch, SES and others.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mailgauge.aws.request import Params

if TYPE_CHECKING:
    from botocore.model import Shape

_NOT_NULL = "Member must not be null"
_KEPT_AS = "_mailgauge_check"
_LONGEST_MATCHED = 2048

# AWS prints enums in an order of its own; these three are recorded, others are printed in the model's.
_RECORDED_ORDERS = {
    frozenset(names): names
    for names in (
        ("INSUFFICIENT_DATA", "ALARM", "OK"),
        ("Maximum", "SampleCount", "Sum", "Minimum", "Average"),
        (
            *("Gigabits/Second", "Gigabits", "Percent", "Terabits", "Bits", "Kilobits", "Megabytes/Second"),
            *("Kilobytes", "Megabits/Second", "Terabytes", "Bytes", "Count", "Gigabytes", "Milliseconds"),
            *("Count/Second", "Gigabytes/Second", "None", "Terabytes/Second", "Bytes/Second", "Megabits"),
            *("Kilobytes/Second", "Megabytes", "Microseconds", "Kilobits/Second", "Terabits/Second"),
            *("Bits/Second", "Seconds"),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A member that breaks a rule. ``path`` is as AWS prints it: ``metricData.1.member.metricName``."""

    path: str
    value: Any
    constraint: str
    sensitive: bool = False

    def sentence(self, *, with_value: bool = True) -> str:
        if self.value is None:
            shown = " null" if with_value else ""
        else:
            shown = f" '{_shown(self.value)}'" if with_value and not self.sensitive else ""
        return f"Value{shown} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def message(violations: Sequence[Violation], *, with_values: bool = True) -> str:
    """``1 validation error detected: Value 'X' at 'period' failed to satisfy constraint: …``.

    ``with_values`` False leaves the values out, as SES API v2 does.
    """
    count = len(violations)
    sentences = "; ".join(violation.sentence(with_value=with_values) for violation in violations)
    return f"{count} validation error{'' if count == 1 else 's'} detected: {sentences}"


def violations(shape: "Shape", params: Params) -> list[Violation]:
    """Everything in ``params`` that the shape does not allow, in the model's order."""
    # What a shape allows is worked out once and kept with the shape, as botocore keeps what it works out.
    kept = vars(shape)
    if _KEPT_AS not in kept:
        kept[_KEPT_AS] = _Checks().of(shape)
    check: Check | None = kept[_KEPT_AS]
    found: list[Violation] = []
    if check is not None:
        check(params, None, found)
    return found


# A path is a chain of (what is around it, own part), which costs nothing until somebody has to read it.
Path = tuple[Any, str] | None
Check = Callable[[Any, Path, list[Violation]], None]
Rule = tuple[str, Callable[[Any], bool]]


class _Checks:
    """Checks of the shapes under one shape. None stands for a shape that allows everything."""

    def __init__(self) -> None:
        self._structures: dict[str, Check | None] = {}

    def of(self, shape: "Shape") -> Check | None:
        match shape.type_name:
            case "structure":
                return self._structure(shape)
            case "list":
                return self._list(shape)
            case "map":
                return self._map(shape)
            case _:
                return _ruled(_rules(shape), shape)

    def _structure(self, shape: "Shape") -> Check | None:
        if shape.name in self._structures:
            return self._structures[shape.name]
        members: list[tuple[str, str, bool, Check | None]] = []

        def check(value: Any, path: Path, found: list[Violation]) -> None:
            for name, part, required, inner in members:
                child = value.get(name)
                if child is not None:
                    if inner is not None:
                        inner(child, (path, part), found)
                elif required:
                    found.append(Violation(_text((path, part)), None, _NOT_NULL))

        # while its members are looked at, so that a shape may contain itself
        self._structures[shape.name] = check
        for name, member in shape.members.items():
            required, inner = name in shape.required_members, self.of(member)
            if required or inner is not None:
                members.append((name, name[:1].lower() + name[1:], required, inner))
        if not members:
            self._structures[shape.name] = None
        return self._structures[shape.name]

    def _list(self, shape: "Shape") -> Check | None:
        whole = _ruled(_rules(shape), shape)
        if shape.member.type_name not in {"structure", "list", "map"}:
            return _both(whole, _each(_rules(shape.member), "Member must satisfy constraint", shape))
        inner = self.of(shape.member)
        if inner is None:
            return whole

        def check(value: Any, path: Path, found: list[Violation]) -> None:
            for number, child in enumerate(value, 1):
                inner(child, (path, f"{number}.member"), found)

        return _both(whole, check)

    def _map(self, shape: "Shape") -> Check | None:
        whole = _ruled(_rules(shape), shape)
        keys = _each(_rules(shape.key), "Map keys must satisfy constraint", shape)
        inner = self.of(shape.value)
        if shape.value.type_name not in {"structure", "list", "map"}:
            each = _each(_rules(shape.value), "Map value must satisfy constraint", shape)
            inner_check = None if each is None else _over_values(each)
        else:
            inner_check = None if inner is None else _by_key(inner)
        return _both(_both(whole, keys), inner_check)


def _rules(shape: "Shape") -> list[Rule]:
    """The rules of one shape, worded and as functions that say whether a value is good."""
    traits = shape.metadata
    low, high = traits.get("min"), traits.get("max")
    numeric = shape.type_name in {"integer", "long", "float", "double"}
    noun = "value" if numeric else "length"
    size = _itself if numeric else _length
    rules: list[Rule] = []
    if high is not None:
        rules.append(
            (f"Member must have {noun} less than or equal to {high}", lambda value: size(value) <= high)
        )
    if low is not None:
        rules.append(
            (f"Member must have {noun} greater than or equal to {low}", lambda value: size(value) >= low)
        )
    pattern = _compiled(traits.get("pattern"))
    if pattern is not None:
        # some patterns take quadratic time on what they do not match
        longest = _LONGEST_MATCHED if high is None else high
        rules.append(
            (
                f"Member must satisfy regular expression pattern: {traits['pattern']}",
                lambda value: len(value) <= longest and pattern.fullmatch(value) is not None,
            )
        )
    enum = traits.get("enum")
    if enum:
        allowed = frozenset(enum)
        printed = ", ".join(_RECORDED_ORDERS.get(allowed, enum))
        rules.append((f"Member must satisfy enum value set: [{printed}]", allowed.__contains__))
    return rules


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    """The patterns are Java's; the two of STS that Python cannot read are not checked."""
    if pattern is None:
        return None
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None


def _ruled(rules: list[Rule], shape: "Shape") -> Check | None:
    if not rules:
        return None
    sensitive = bool(shape.metadata.get("sensitive"))

    def check(value: Any, path: Path, found: list[Violation]) -> None:
        for sentence, good in rules:
            if not good(value):
                found.append(Violation(_text(path), value, sentence, sensitive))

    return check


def _each(rules: list[Rule], words: str, shape: "Shape") -> Check | None:
    """Scalars in a list or map: one violation about the whole, naming every rule there is."""
    if not rules:
        return None
    sentence = f"{words}: [{', '.join(rule for rule, _ in rules)}]"
    sensitive = bool(shape.metadata.get("sensitive"))

    def check(value: Any, path: Path, found: list[Violation]) -> None:
        if any(not good(child) for child in value for _, good in rules):
            found.append(Violation(_text(path), value, sentence, sensitive))

    return check


def _over_values(each: Check) -> Check:
    return lambda value, path, found: each(list(value.values()), path, found)


def _by_key(inner: Check) -> Check:
    def check(value: Any, path: Path, found: list[Violation]) -> None:
        for key, child in value.items():
            inner(child, (path, f"{key}.member"), found)

    return check


def _both(first: Check | None, second: Check | None) -> Check | None:
    if first is None or second is None:
        return first or second

    def check(value: Any, path: Path, found: list[Violation]) -> None:
        first(value, path, found)
        second(value, path, found)

    return check


def _itself(value: Any) -> Any:
    return value


def _length(value: Any) -> Any:
    return len(value)


def _text(path: Path) -> str:
    parts: list[str] = []
    while path is not None:
        path, part = path
        parts.append(part)
    return ".".join(reversed(parts))


def _shown(value: Any) -> str:
    """A value as Java prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_shown(child) for child in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_shown(child)}" for key, child in value.items()) + "}"
    if isinstance(value, datetime):
        return value.strftime("%a %b %d %H:%M:%S UTC %Y")
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)
