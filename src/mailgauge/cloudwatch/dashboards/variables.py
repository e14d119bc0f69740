"""The variables of a dashboard: what a reader may choose, checked. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from mailgauge.cloudwatch.dashboards.faults import Fault

_MOST: Final = 25
_ID = re.compile(r"[0-9A-Za-z_-]{1,32}")
_KINDS: Final = ("property", "pattern")
_INPUTS: Final = ("input", "select", "radio")


def check_variables(variables: object) -> Iterator[Fault]:
    if not isinstance(variables, list):
        yield Fault("/variables", "Should be array")
        return
    if len(variables) > _MOST:
        yield Fault("/variables", f"Should have at most {_MOST} variables")
    for number, each in enumerate(variables):
        path = f"/variables/{number}"
        if isinstance(each, dict):
            yield from _variable(each, path)
        else:
            yield Fault(path, "Should be object")


def _variable(given: dict[str, object], path: str) -> Iterator[Fault]:
    kind = given.get("type")
    if kind not in _KINDS:
        yield Fault(f"{path}/type", f"Should be one of: {', '.join(_KINDS)}")
    elif not isinstance(given.get(str(kind)), str):
        yield Fault(path, f'Should have property "{kind}"')
    if given.get("inputType") not in _INPUTS:
        yield Fault(f"{path}/inputType", f"Should be one of: {', '.join(_INPUTS)}")
    if not (isinstance(given.get("id"), str) and _ID.fullmatch(str(given["id"]))):
        yield Fault(f"{path}/id", "Should be 1 to 32 letters, digits, dashes and underscores")
    values = given.get("values", [])
    if not isinstance(values, list) or not all(isinstance(each, dict) and "value" in each for each in values):
        yield Fault(f"{path}/values", 'Should be array of objects with "value"')
