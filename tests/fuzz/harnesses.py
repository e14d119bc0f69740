"""The harnesses: modules ``fuzz_*`` of this folder, each with ``SEEDS`` and ``one_input``, which raises when something is wrong."""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


class Harness(NamedTuple):
    """``seeds`` are inputs to begin with: those of the module, and what was found once (``found/NAME/*``)."""

    name: str
    one_input: Callable[[bytes], None]
    seeds: Sequence[bytes]


def names() -> list[str]:
    return sorted(path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.py"))


def load(name: str) -> Harness:
    module = importlib.import_module(f"tests.fuzz.fuzz_{name}")
    found = sorted((HERE / "found" / name).glob("*"))
    return Harness(name, module.one_input, [*module.SEEDS, *(path.read_bytes() for path in found)])
