"""An environment for another program is made once, and again when its lock file changes."""

from pathlib import Path

import pytest

from tools import environments


def test_an_environment_is_made_once_for_each_lock_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "CACHE", tmp_path / "cache")
    lock = tmp_path / "lock.txt"
    lock.write_text("one==1")
    made: list[Path] = []

    def make(target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        made.append(target)

    for _ in range(2):
        assert environments.made("tool", [lock], make) == tmp_path / "cache" / "tool"
    assert len(made) == 1
    lock.write_text("one==2")
    environments.made("tool", [lock], make)
    assert len(made) == 2


def test_an_environment_whose_making_failed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "CACHE", tmp_path / "cache")
    lock = tmp_path / "lock.txt"
    lock.write_text("one==1")
    tries: list[int] = []

    def make(target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("no network")

    with pytest.raises(RuntimeError, match="no network"):
        environments.made("tool", [lock], make)
    environments.made("tool", [lock], make)
    assert len(tries) == 2
