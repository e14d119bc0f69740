"""The Makefile explains itself, and CI runs what developers run."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_help_lists_every_public_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    shown = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[1] for line in shown.splitlines()} == set(phony.split())


def test_ci_runs_make_test_and_nothing_else() -> None:
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text().splitlines()
        if line and not line.startswith(("#", "set "))
    ]
    assert commands == ['cd "$(dirname "${BASH_SOURCE[0]}")/.."', "exec make test"]


def test_an_older_python_is_refused_by_name(tmp_path: Path) -> None:
    script = (ROOT / "tools" / "make_venv.py").read_text().replace("NEEDED = (3, 11)", "NEEDED = (99, 0)")
    (tmp_path / "make_venv.py").write_text(script)
    done = subprocess.run(
        ["python3", "make_venv.py", "env"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Mailgauge needs Python 3.11 or newer" in done.stdout
    assert not (tmp_path / "env").exists()
