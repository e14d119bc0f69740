"""The page's sources: their own tests, strict types, and a bound on what a browser has to load."""

import gzip
import subprocess

import pytest

from tools.console import SOURCES, STATIC
from tools.node import environment, node

built = pytest.mark.skipif(
    not (SOURCES / "node_modules").exists() or not (STATIC / "index.html").exists(),
    reason="SKIPPED: the console's sources: `make console` has not built it here",
)


def _run(*command: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(node()), *command], cwd=SOURCES, env=environment(), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_pages_own_tests_pass() -> None:
    status, said = _run("--test", "test/*.test.ts")
    assert status == 0, said
    assert "fail 0" in said


@built
def test_the_sources_keep_strict_types_and_the_compilers_advice_on_accessibility() -> None:
    status, said = _run("node_modules/svelte-check/bin/svelte-check", "--fail-on-warnings")
    assert status == 0, said


@built
def test_the_whole_page_is_smaller_than_60_kb_on_the_wire() -> None:
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 60_000


def test_no_source_file_is_longer_than_300_lines() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in (SOURCES / "src").rglob("*.*")}
    assert len(sizes) > 20
    assert [path for path, size in sizes.items() if size > 300] == []


def test_the_lock_file_names_no_registry_and_every_platform() -> None:
    text = (SOURCES / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "://registry" not in text
    for platform in ("linux-x64-gnu", "linux-arm64-gnu", "darwin-arm64"):
        assert f"@rollup/rollup-{platform}" in text
