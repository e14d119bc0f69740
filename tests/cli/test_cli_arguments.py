"""Options that are there from the start: what this release can't do with them it says."""

import pytest
from click.testing import CliRunner

from mailgauge.cli.main import main


@pytest.mark.parametrize("command", ["audit", "doctor", "mailbox", "records", "serve"])
def test_another_engine_than_sqlite_is_refused_in_words(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--store", "postgresql://localhost/mail"])
    assert result.exit_code == 2
    assert "this release keeps its data in SQLite only" in result.output


@pytest.mark.parametrize(
    ("roles", "says"),
    [("api,delivery", "does everything in one process"), ("api,cooking", "there is no role cooking")],
)
def test_a_process_of_some_roles_is_refused_in_words(roles: str, says: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--roles", roles])
    assert result.exit_code == 2
    assert says in " ".join(result.output.replace("\u2502", " ").split())
