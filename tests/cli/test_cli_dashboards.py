"""``mailgauge dashboards install`` puts the ready dashboard, once, where GetDashboard finds it."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from mailgauge.cli.main import main
from mailgauge.cloudwatch.dashboards import store
from mailgauge.cloudwatch.dashboards.body import faults
from mailgauge.cloudwatch.dashboards.store import Dashboard
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = DataDirectory(tmp_path)
    directory.create()
    Storage.open(directory).close()
    return tmp_path


def install(data: Path, *words: str) -> str:
    command = ["dashboards", "install", "--data", str(data), *words]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def dashboards(data: Path, account: str = "000000000000") -> list[Dashboard]:
    storage = Storage.open(DataDirectory(data))
    try:
        return storage.metrics.read_now(lambda tx: store.page(tx, account, "", "", 10))
    finally:
        storage.close()


def test_it_is_there_only_when_it_was_asked_for(data: Path) -> None:
    assert dashboards(data) == []
    assert install(data) == "Dashboard SES-sending is in account 000000000000: GetDashboard gives its body.\n"
    [found] = dashboards(data)
    assert found.name == "SES-sending"
    assert faults(found.body) == []
    assert "Complaint rate" in found.body


def test_put_again_it_replaces_itself(data: Path) -> None:
    install(data)
    install(data, "--region", "eu-west-1")
    [found] = dashboards(data)
    regions = {each["properties"]["region"] for each in orjson.loads(found.body)["widgets"]}
    assert regions == {"eu-west-1"}


def test_another_name_and_another_account_are_taken(data: Path) -> None:
    install(data, "--name", "mail", "--account", "111122223333")
    assert [each.name for each in dashboards(data, "111122223333")] == ["mail"]
