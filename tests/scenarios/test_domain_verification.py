"""A domain proves itself to the real process by the records of a real name server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailgauge.cli.main import main
from tests.dns.name_server import NameServer, Zone
from tests.scenarios.service import Service, running, wait_until

DAY = 24 * 3600.0


@pytest.fixture
def zone() -> Zone:
    return Zone()


@pytest.fixture
def configuration(zone: Zone, tmp_path: Path) -> Iterator[Path]:
    with NameServer(zone).running() as server:
        path = tmp_path / "mailgauge.toml"
        path.write_text(
            f'[dns]\nresolvers = ["{server.address}"]\ntimeout = 1.0\n\n[service]\ndomain = "mail.example"\n'
        )
        yield path


def status(service: Service, domain: str, done: str) -> dict[str, Any]:
    client = service.client("sesv2")

    def described() -> dict[str, Any]:
        found: dict[str, Any] = client.get_email_identity(EmailIdentity=domain)
        return found

    return wait_until(described, lambda found: found["VerificationStatus"] == done)


def test_a_domain_is_verified_when_its_records_appear_and_fails_without_them(
    zone: Zone, configuration: Path, tmp_path: Path
) -> None:
    arguments = ("--verification", "mail", "--config", str(configuration))
    with running(tmp_path / "data", *arguments) as service:
        client = service.client("sesv2")
        made = client.create_email_identity(EmailIdentity="shop.example")
        assert made["DkimAttributes"]["SigningHostedZone"] == "dkim.mail.example"
        client.create_email_identity(EmailIdentity="never.example")
        client.put_email_identity_mail_from_attributes(
            EmailIdentity="shop.example", MailFromDomain="bounce.shop.example"
        )
        wait_until(lambda: "VerificationInfo" in client.get_email_identity(EmailIdentity="shop.example"))
        assert status(service, "shop.example", "PENDING")["VerificationInfo"]["ErrorType"] == "HOST_NOT_FOUND"

        publish(zone, tmp_path / "data", configuration)
        service.step(3700)
        found = status(service, "shop.example", "SUCCESS")
        assert found["VerifiedForSendingStatus"] is True
        assert found["DkimAttributes"]["Status"] == "SUCCESS"
        assert found["MailFromAttributes"]["MailFromDomainStatus"] == "SUCCESS"

        service.step(3 * DAY)
        assert status(service, "never.example", "FAILED")["VerifiedForSendingStatus"] is False


def publish(zone: Zone, data: Path, configuration: Path) -> None:
    """What ``mailgauge records`` prints goes into the zone as it is."""
    arguments = ["records", "shop.example", "--data", str(data), "--config", str(configuration)]
    printed = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert printed.exit_code == 0, printed.output
    kinds = []
    for line in printed.output.splitlines():
        if not line.startswith(";"):
            name, _, _, kind, data_of_record = line.split(" ", 4)
            zone.put(name.rstrip("."), kind, data_of_record)
            kinds.append(kind)
    assert sorted(kinds) == ["CNAME", "CNAME", "CNAME", "MX", "TXT", "TXT"]
