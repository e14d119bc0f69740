"""``mailgauge records`` prints what the service itself wants in DNS, and says what is there."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mailgauge.base.scope import Scope
from mailgauge.cli.main import main
from mailgauge.iam.secrets import MasterKey
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.ses import identities, mail_from, service_keys
from mailgauge.ses.mail_from import OnFailure
from mailgauge.ses.standing import Standing, Status
from mailgauge.store.transaction import Tx
from tests.dns.name_server import NameServer, Zone


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    directory = DataDirectory(tmp_path)
    directory.create()
    storage = Storage.open(directory)
    try:
        await service_keys.ensure(storage.mail, MasterKey(bytes(32)), 0.0)
        await storage.mail.write(_address_with_mail_from)
    finally:
        storage.close()
    return tmp_path


def _address_with_mail_from(tx: Tx) -> None:
    address = identities.create(tx, Scope("111122223333", "us-east-1"), "a@shop.example", 0.0)
    standing = Standing(Status.PENDING, 0.0)
    mail_from.put(tx, address, "b.shop.example", OnFailure.USE_DEFAULT_VALUE, standing)


def printed(data: Path, *more: str) -> list[str]:
    result = CliRunner().invoke(main, ["records", "--data", str(data), *more], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_the_service_shows_its_mx_its_spf_and_both_its_keys(data: Path) -> None:
    title, mx, spf, rsa, ed25519 = printed(data)[:5]
    assert title.startswith("; mailgauge.localhost, the service itself")
    assert mx == "mailgauge.localhost. 300 IN MX 10 mailgauge.localhost."
    assert spf == 'mailgauge.localhost. 300 IN TXT "v=spf1 a mx ~all"'
    assert "v=DKIM1; k=rsa; p=" in rsa
    assert "v=DKIM1; k=ed25519; p=" in ed25519
    assert printed(data, "mailgauge.localhost") == [title, mx, spf, rsa, ed25519]


def test_a_mail_from_domain_shows_its_mx_and_its_spf(data: Path) -> None:
    found = printed(data, "b.shop.example")
    assert found[1:] == [
        "b.shop.example. 300 IN MX 10 mailgauge.localhost.",
        'b.shop.example. 300 IN TXT "v=spf1 include:mailgauge.localhost ~all"',
    ]
    assert printed(data)[5:] == found


def test_what_was_published_as_printed_is_found(data: Path, tmp_path: Path) -> None:
    zone = Zone()
    with NameServer(zone).running() as server:
        configuration = tmp_path / "mailgauge.toml"
        configuration.write_text(f'[dns]\nresolvers = ["{server.address}"]\ntimeout = 1.0\n')
        check = ("--check", "--config", str(configuration))
        assert states(printed(data, *check)) == ["not found"] * 6
        for line in records_of(printed(data)):
            name, _, _, kind, record = line.split(" ", 4)
            zone.put(name.rstrip("."), kind, record)
        assert states(printed(data, *check)) == ["found"] * 6


def records_of(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(";")]


def states(lines: list[str]) -> list[str]:
    return [line.rpartition("; ")[2] for line in records_of(lines)]


def test_a_domain_that_is_no_identity_is_refused_in_words(data: Path) -> None:
    result = CliRunner().invoke(main, ["records", "--data", str(data), "other.example"])
    assert result.exit_code == 1
    assert "other.example is no identity here" in result.output
