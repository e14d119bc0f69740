"""`mailgauge audit`, run as an operator runs it, beside the running service."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.scenarios.service import clean_environment, wait_until


def audit(data: Path) -> dict[str, Any]:
    """The report; its exit status must say the same as its text."""
    command = [sys.executable, "-m", "mailgauge.cli.main", "audit", "--data", str(data), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 0) == report["agrees"], done.stderr
    return report


def settled(data: Path, seconds: float = 60.0) -> dict[str, Any]:
    """The report once nothing waits: neither mail in the queue nor entries to publish."""
    report = wait_until(
        lambda: audit(data), lambda found: not found["waiting"] and not found["behind"], seconds=seconds
    )
    assert report["agrees"], report["differences"]
    return report


def caught_up(data: Path, seconds: float = 60.0) -> dict[str, Any]:
    """The report once every entry so far is published; mail may still wait for its next try."""
    report = wait_until(lambda: audit(data), lambda found: not found["behind"], seconds=seconds)
    assert report["agrees"], report["differences"]
    return report
