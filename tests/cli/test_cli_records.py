"""``mailgauge records`` prints what the service itself wants in DNS, and says what is there."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mailgauge.cli.main import main
from mailgauge.iam.secrets import MasterKey
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.ses import service_keys
from tests.dns.name_server import NameServer, Zone


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    directory = DataDirectory(tmp_path)
    directory.create()
    storage = Storage.open(directory)
    try:
        await service_keys.ensure(storage.mail, MasterKey(bytes(32)), 0.0)
    finally:
        storage.close()
    return tmp_path


def printed(data: Path, *more: str) -> list[str]:
    result = CliRunner().invoke(main, ["records", "--data", str(data), *more], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_the_service_shows_its_mx_its_spf_and_both_its_keys(data: Path) -> None:
    title, mx, spf, rsa, ed25519 = printed(data)
    assert title.startswith("; mailgauge.localhost, the service itself")
    assert mx == "mailgauge.localhost. 300 IN MX 10 mailgauge.localhost."
    assert spf == 'mailgauge.localhost. 300 IN TXT "v=spf1 a mx ~all"'
    assert "v=DKIM1; k=rsa; p=" in rsa
    assert "v=DKIM1; k=ed25519; p=" in ed25519
    assert printed(data, "mailgauge.localhost") == [title, mx, spf, rsa, ed25519]


def test_what_was_published_as_printed_is_found(data: Path, tmp_path: Path) -> None:
    zone = Zone()
    with NameServer(zone).running() as server:
        configuration = tmp_path / "mailgauge.toml"
        configuration.write_text(f'[dns]\nresolvers = ["{server.address}"]\ntimeout = 1.0\n')
        check = ("--check", "--config", str(configuration))
        assert [line.rpartition("; ")[2] for line in printed(data, *check)[1:]] == ["not found"] * 4
        for line in printed(data)[1:]:
            name, _, _, kind, record = line.split(" ", 4)
            zone.put(name.rstrip("."), kind, record)
        assert [line.rpartition("; ")[2] for line in printed(data, *check)[1:]] == ["found"] * 4


def test_a_domain_that_is_no_identity_is_refused_in_words(data: Path) -> None:
    result = CliRunner().invoke(main, ["records", "--data", str(data), "shop.example"])
    assert result.exit_code == 1
    assert "shop.example is no identity here" in result.output
