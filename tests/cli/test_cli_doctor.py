"""``mailgauge doctor``: it finds what is wrong, also where that keeps it from looking."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from click.testing import CliRunner, Result

from mailgauge.base.scope import Scope
from mailgauge.cli.doctor import doctor
from mailgauge.iam import keys
from mailgauge.iam.policies import Policy
from mailgauge.iam.secrets import MasterKey
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.sns import subscription_rows, topics
from mailgauge.sns.model import State, Subscription, Topic
from mailgauge.sns.schema import next_id
from mailgauge.store.transaction import Tx


def installed(path: Path) -> DataDirectory:
    directory = DataDirectory(path)
    directory.create()
    Storage.open(directory).close()
    MasterKey.load_or_create(path / "master.key")
    return directory


def diagnosis(directory: DataDirectory) -> Result:
    return CliRunner().invoke(doctor, ["--data", str(directory.path)])


def test_a_sound_installation_has_no_problem(tmp_path: Path) -> None:
    result = diagnosis(installed(tmp_path))
    assert result.exit_code == 0, result.output
    assert "mail.db and metrics.db are whole" in result.output


def test_a_damaged_store_is_a_finding_and_no_traceback(tmp_path: Path) -> None:
    directory = installed(tmp_path)
    whole = directory.metrics.read_bytes()
    directory.metrics.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    result = diagnosis(directory)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "metrics.db" in result.output


def test_what_is_no_database_at_all_is_a_finding(tmp_path: Path) -> None:
    directory = installed(tmp_path)
    directory.mail.write_bytes(b"nothing of ours\n" * 1000)
    result = diagnosis(directory)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "mail.db: " in result.output


def test_a_stepped_clock_comes_with_what_to_do(tmp_path: Path) -> None:
    directory = installed(tmp_path)
    directory.clock.write_text("7200\n")
    result = diagnosis(directory)
    assert result.exit_code == 0
    assert "stepped 7200 s ahead of real time" in result.output
    assert "delete the data directory, or only its file `clock`" in result.output


def test_a_certificate_that_has_expired_is_a_problem(tmp_path: Path) -> None:
    directory = installed(tmp_path / "data")
    issued = trustme.CA().issue_cert("mail.example.com", not_after=datetime.now(UTC) - timedelta(days=2))
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    options = tmp_path / "mailgauge.toml"
    options.write_text(f'[tls]\ncert = "{tmp_path}/both.pem"\nkey = "{tmp_path}/both.pem"\n')
    result = CliRunner().invoke(doctor, ["--data", str(directory.path), "--config", str(options)])
    assert result.exit_code == 1
    assert "certificate: " in result.output
    assert "expired on" in result.output


def test_who_submits_from_elsewhere_should_not_meet_a_self_signed_certificate(tmp_path: Path) -> None:
    directory = installed(tmp_path / "data")
    options = tmp_path / "mailgauge.toml"
    options.write_text('[server]\nsmtp = "127.0.0.1:2587, 0.0.0.0:587"\n')
    result = CliRunner().invoke(doctor, ["--data", str(directory.path), "--config", str(options)])
    assert result.exit_code == 0
    assert "SMTP shows others a self-signed certificate" in result.output


def test_links_that_lead_to_this_machine_are_right_for_the_subscribers_of_local(tmp_path: Path) -> None:
    directory = installed(tmp_path)
    master = MasterKey.load_or_create(tmp_path / "master.key")
    scope = Scope("123456789012", "us-east-1")

    def subscribe(tx: Tx) -> None:
        topics.add(tx, Topic(scope, "events"))
        endpoint, state = "http://127.0.0.1:9000/in", State.CONFIRMED
        kept = Subscription(next_id(tx), "uid", scope, "events", scope, "http", endpoint, state, {}, "", 0.0)
        subscription_rows.add(tx, kept)

    def make_account(tx: Tx) -> None:
        keys.create(tx, master, account=scope.account, user_name="root", policy=Policy.FULL, now=0.0)

    storage = Storage.open(directory)
    try:
        asyncio.run(storage.mail.write(subscribe))
        assert "where only this machine gets" not in diagnosis(directory).output
        asyncio.run(storage.mail.write(make_account))
        assert "where only this machine gets" in diagnosis(directory).output
    finally:
        storage.close()
