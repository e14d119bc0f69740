"""What an operator can mend is told in one line by every command."""

from pathlib import Path

from click.testing import CliRunner

from mailgauge.cli.audit import audit_command
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage


def test_a_damaged_database_is_told_in_words(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    Storage.open(directory).close()
    directory.mail.write_bytes(b"nothing of ours\n" * 1000)
    result = CliRunner().invoke(audit_command, ["--data", str(tmp_path)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.output.startswith("Error: the database can't be used: ")
    assert "mailgauge doctor" in result.output
