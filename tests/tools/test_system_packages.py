"""What a test wants from Debian is found, installed or unpacked, and named loudly when it cannot be had."""

from pathlib import Path

import pytest

from tools import system_packages
from tools.system_packages import Wanted, find

ABSENT = Wanted("no-such-program", "no-such-package", "the tests of nothing", "usr/lib/no-such-program")


def test_an_unpacked_program_is_found_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_packages, "UNPACKED", tmp_path)
    assert find(ABSENT.program) is None
    (tmp_path / "bin").mkdir()
    (tmp_path / "usr/lib/x86_64-linux-gnu").mkdir(parents=True)
    system_packages.write_wrapper(ABSENT)
    wrapper = find(ABSENT.program)
    assert wrapper == tmp_path / "bin" / "no-such-program"
    assert wrapper.stat().st_mode & 0o111
    assert f'exec "{tmp_path}/usr/lib/no-such-program" "$@"' in wrapper.read_text()
    assert f'LD_LIBRARY_PATH="{tmp_path}/usr/lib/x86_64-linux-gnu:' in wrapper.read_text()


def test_what_cannot_be_had_is_named_with_the_tests_it_costs_and_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_packages, "UNPACKED", tmp_path)
    monkeypatch.setattr(system_packages, "WANTED", [ABSENT])
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt-get here
    assert system_packages.main() == 0
    shown = capsys.readouterr().out
    assert "MISSING: no-such-program" in shown
    assert "SKIPPED: the tests of nothing" in shown
