"""The variables of a dashboard: what a reader may choose, checked. Pure."""

import re
from collections.abc import Iterator
from typing import Any, Final

from mailgauge.cloudwatch.dashboards.faults import Fault, choices, required, should_be, sizes, types

_MOST: Final = 25
_MOST_VALUES: Final = 500
_LONGEST: Final = {"label": 30, "search": 2048}
_ID = re.compile(r"[0-9A-Za-z_-]{1,32}")
_KINDS: Final = ("property", "pattern")
_INPUTS: Final = ("input", "select", "radio")


def check_variables(variables: object) -> Iterator[Fault]:
    if not isinstance(variables, list):
        yield should_be("array", "/variables")
        return
    yield from sizes(variables, 0, _MOST, "/variables")
    for number, each in enumerate(variables[:_MOST]):
        path = f"/variables/{number}"
        if isinstance(each, dict):
            yield from _variable(each, path)
        else:
            yield should_be("object", path)


def _variable(given: dict[str, Any], path: str) -> Iterator[Fault]:
    for name in ("type", "inputType", "id"):
        if name not in given:
            yield required(name, path)
    yield from choices(given, path, type=_KINDS, inputType=_INPUTS)
    kind = given.get("type")
    if kind in _KINDS and kind not in given:
        yield required(str(kind), path)
    texts = {"property": "string", "pattern": "string", "label": "string", "search": "string"}
    yield from types(given, path, **texts, populateFrom="string", defaultValue="string", visible="boolean")
    if "id" in given and not (isinstance(given["id"], str) and _ID.fullmatch(given["id"])):
        yield Fault(f"{path}/id", f'Should match pattern "^{_ID.pattern}$"')
    for name, longest in _LONGEST.items():
        if isinstance(text := given.get(name), str) and len(text) > longest:
            yield Fault(f"{path}/{name}", f"Should NOT be longer than {longest} characters")
    if "search" in given and "populateFrom" not in given:
        yield required("populateFrom", path)
    if "values" in given:
        yield from _values(given["values"], f"{path}/values")


def _values(values: object, path: str) -> Iterator[Fault]:
    if not isinstance(values, list):
        yield should_be("array", path)
        return
    yield from sizes(values, 1, _MOST_VALUES, path)
    for number, each in enumerate(values[:_MOST_VALUES]):
        if not isinstance(each, dict):
            yield should_be("object", f"{path}/{number}")
        elif "value" not in each:
            yield required("value", f"{path}/{number}")
        else:
            yield from types(each, f"{path}/{number}", value="string", label="string")
