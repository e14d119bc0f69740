"""`make fuzz` says what it did not do, and fails when something was found."""

from pathlib import Path

import pytest

from tools import fuzz


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["fuzz", "--skip-properties", *arguments])
    return fuzz.main()


def test_where_there_is_no_atheris_that_is_said_and_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> Path:
        raise RuntimeError(f"no {name} for this system")

    monkeypatch.setattr(fuzz, "python_environment", missing)
    assert run(monkeypatch) == 0
    said = capsys.readouterr()
    assert "ITS HARNESSES DID NOT RUN" in said.out
    assert "no fuzz for this system" in said.err


def test_what_a_harness_found_fails_it_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    site = tmp_path / "lib" / "python3" / "site-packages"
    site.mkdir(parents=True)
    monkeypatch.setattr(fuzz, "python_environment", lambda name: tmp_path / "bin")
    monkeypatch.setattr(fuzz, "_harness", lambda name, seconds, site: name != "mime")
    assert run(monkeypatch) == 1
    assert "FAILED: mime" in capsys.readouterr().out
    assert run(monkeypatch, "--minutes", "2", "dns", "dkim") == 0
