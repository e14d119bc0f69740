"""What a test wants from Debian is found, installed or unpacked, and named loudly when it cannot be had."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tools import system_packages
from tools.system_packages import Wanted, find, get, is_there, packages_of, services_kept_from_starting

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


def test_a_program_without_what_belongs_beside_it_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_packages, "UNPACKED", tmp_path)
    one = Wanted("sh", "dash", "everything", "bin/dash", beside=("no-such-lib", "usr/lib/*/no-such/Lib.pm"))
    assert not is_there(one)
    assert packages_of([one, ABSENT]) == ["dash", "no-such-lib", "no-such-package"]
    module = tmp_path / "usr/lib/x86_64-linux-gnu/no-such/Lib.pm"
    module.parent.mkdir(parents=True)
    module.touch()
    assert is_there(one)


def test_services_are_kept_from_starting_only_while_packages_are_installed(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with services_kept_from_starting(policy):
        assert subprocess.run([policy], check=False).returncode == 101
    assert not policy.exists()


def test_a_policy_that_the_machine_has_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("theirs")
    with services_kept_from_starting(policy):
        assert policy.read_text() == "theirs"
    assert policy.read_text() == "theirs"


def test_what_must_be_started_by_root_is_not_fetched_without_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[Wanted] = []

    def unpack(wanted: Sequence[Wanted]) -> str:
        fetched.extend(wanted)
        return ""

    monkeypatch.setattr(system_packages, "unpack", unpack)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda *_, **__: "/usr/bin/apt-get")
    by_root = replace(ABSENT, root_only=True)
    assert get([by_root]) == ""
    assert get([by_root, ABSENT]) == ""
    assert fetched == [ABSENT]


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


def test_one_package_that_cannot_be_had_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []

    def run(*command: str, **_: object) -> tuple[bool, str]:
        names = {"postfix", "swaks", "no-such-package"} & set(command)
        if "no-such-package" in names:
            return False, "E: Unable to locate package no-such-package\n"
        installed.extend(names)
        return True, ""

    monkeypatch.setattr(system_packages, "_run", run)
    monkeypatch.setattr(system_packages, "START_POLICY", tmp_path / "policy-rc.d")
    assert "no-such-package" in system_packages.install(["postfix", "no-such-package", "swaks"])
    assert installed == ["postfix", "swaks"]


def test_what_only_root_can_start_is_named_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Wanted("sh", "dash", "the tests of sh", "bin/sh", root_only=True)
    monkeypatch.setattr(system_packages, "WANTED", [one])
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert system_packages.main() == 0
    assert "NOT ROOT: only root can start sh: SKIPPED: the tests of sh" in capsys.readouterr().out
