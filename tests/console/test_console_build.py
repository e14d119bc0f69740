"""When the page is built anew, and what counts as having no registry rather than a broken build."""

from pathlib import Path

import pytest

from tools import console
from tools.console import UNREACHABLE, digest_of


def test_a_changed_source_is_noticed_and_its_dependencies_are_not(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.ts").write_text("1")
    before = digest_of(tmp_path)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "any.js").write_text("1")
    assert digest_of(tmp_path) == before
    (tmp_path / "src" / "main.ts").write_text("2")
    assert digest_of(tmp_path) != before


@pytest.mark.parametrize(
    ("said", "unreachable"),
    [
        ("npm error code ECONNREFUSED", True),
        ("npm error code ENOTFOUND", True),
        ("npm error code ETIMEDOUT", True),
        ("npm error code EUSAGE\nnpm error `npm ci` can only install packages when", False),
        ("npm error code EINTEGRITY", False),
        ("[vite] error during build: Unexpected token", False),
    ],
)
def test_only_a_registry_out_of_reach_is_forgiven(said: str, unreachable: bool) -> None:
    assert bool(UNREACHABLE.search(said)) is unreachable


def test_an_interrupted_build_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: str, cwd: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(console, "is_current", lambda: False)
    monkeypatch.setattr(console, "npm", interrupted)
    assert console.main() == 130
    assert capsys.readouterr().err.strip() == "console: interrupted, not built"
