"""What `mailgauge store check` finds: each kind of harm by name, and nothing in data that is in order."""

from pathlib import Path

import apsw
import pytest

from mailgauge.iam import webhook_secrets
from mailgauge.iam.secrets import MasterKey
from mailgauge.server.data import DataDirectory
from mailgauge.server.soundness import Report, check
from mailgauge.server.storage import Storage
from mailgauge.ses import service_keys
from tests.server.room import Room, service_keys_of_all_rooms

SCOPE = "123456789012/us-east-1"


def looked(path: Path) -> Report:
    return check(DataDirectory(path), quick=False, shown=lambda what: None)


def found(path: Path) -> list[str]:
    report = looked(path)
    assert all(each.advice for each in report.faults)
    return [each.text for each in report.faults]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    Storage.open(DataDirectory(tmp_path)).close()
    return tmp_path


@pytest.fixture
async def unsealed(room: Room) -> Room:
    """A room without its DKIM keys: they were sealed by a master key that lies nowhere."""
    await room.storage.mail.write(lambda tx: tx.run("DELETE FROM service_dkim_key"))
    await room.storage.mail.write(lambda tx: tx.run("DELETE FROM dkim_key"))
    return room


def change(path: Path, *statements: str) -> None:
    connection = apsw.Connection(str(path))
    for sql in statements:
        connection.execute(sql)
    connection.close()


def test_new_data_is_sound(data: Path) -> None:
    report = looked(data)
    assert report.faults == []
    assert report.looked_at == [
        *("metrics.db", "mail.db", "journal", "positions", "queue", "series", "alarms", "secrets")
    ]


async def test_data_in_use_is_sound(unsealed: Room, tmp_path: Path) -> None:
    await unsealed.send("kept@example.net", "bounce@simulator.amazonses.com")
    await unsealed.put(1.0, 2.0)
    assert found(tmp_path) == []
    await unsealed.settle()
    assert found(tmp_path) == []


async def test_queued_mail_that_lost_something_is_counted(unsealed: Room, tmp_path: Path) -> None:
    await unsealed.send("kept@example.net")
    await unsealed.settle()
    change(
        tmp_path / "mail.db",
        "INSERT INTO queue (message, stage, scope, recipient, site, attempts, due, accepted, expires, custom_expiry, is_system)"
        " SELECT message, 1, 'a/b', 'x@example.net', 'example.net', 0, 9e15, 0, 9e15, 0, 0 FROM message_facts LIMIT 1",
    )
    change(tmp_path / "mail.db", "UPDATE content SET piece = 1")
    assert found(tmp_path) == ["parts of the content of 1 queued messages are missing"]
    change(tmp_path / "mail.db", "DELETE FROM content", "DELETE FROM message_facts")
    assert found(tmp_path) == [
        "the content of 1 queued messages is missing",
        "of 1 queued messages nothing is known but their recipients",
    ]


async def test_a_journal_with_a_wrong_end_or_gaps_is_found(unsealed: Room, tmp_path: Path) -> None:
    await unsealed.send("kept@example.net")
    await unsealed.settle()
    change(tmp_path / "mail.db", "DELETE FROM journal WHERE seq = 1")
    assert found(tmp_path) == ["1 entries of the journal are missing, though none has expired"]
    change(tmp_path / "mail.db", "UPDATE journal_head SET seq = 0")
    beyond, metrics, topics, reactions = found(tmp_path)
    assert "behind its end" in beyond
    assert "metrics.db is ahead of mail.db" in metrics
    assert topics.startswith("the publishing to topics came to entry")
    assert reactions.startswith("the reactions to bounces and complaints came to entry")
    change(
        tmp_path / "mail.db",
        "UPDATE journal_head SET seq = 9",
        "INSERT INTO journal_floor (kind, time) VALUES (1, 1)",
    )
    assert found(tmp_path) == []


async def test_series_and_their_index_must_fit(unsealed: Room, tmp_path: Path) -> None:
    await unsealed.send("kept@example.net", tags={"campaign": "spring"})
    await unsealed.settle()
    change(tmp_path / "metrics.db", "DELETE FROM series_term")
    [lacking] = found(tmp_path)
    assert "are not to be found by all of their dimensions" in lacking
    change(
        tmp_path / "metrics.db",
        "DELETE FROM series",
        "INSERT INTO series_term (term, name, series) VALUES (x'00', 'm', x'01')",
    )
    assert found(tmp_path) == ["1 entries of the index over dimensions are of series that are not there"]


def test_alarms_that_cannot_be_read_are_named(data: Path) -> None:
    change(
        data / "metrics.db",
        "INSERT INTO alarm (scope, name, version, revision, configuration, period, evaluation_periods, series,"
        " actions_enabled, configured, state, reason, updated, transitioned, tags)"
        f" VALUES ('{SCOPE}', 'mine', 1, 1, '{{', 60, 1, x'', 1, 1, 'OK', '', 1, 1, '[]')",
        f"INSERT INTO mute_rule (scope, name, rule) VALUES ('{SCOPE}', 'night', x'ff')",
    )
    alarm, rule = found(data)
    assert alarm.startswith("alarm 'mine' of account 123456789012 (us-east-1) can't be read: ")
    assert rule.startswith("alarm mute rule 'night' of account 123456789012 (us-east-1) can't be read: ")


def test_secrets_must_open_with_the_master_key(data: Path) -> None:
    import asyncio

    master = MasterKey.load_or_create(data / "master.key")
    storage = Storage.open(DataDirectory(data))
    asyncio.run(storage.mail.write(lambda tx: webhook_secrets.rotate(tx, master, "123456789012", 1.0)))
    storage.close()
    assert found(data) == []
    storage = Storage.open(DataDirectory(data))
    asyncio.run(storage.mail.write(lambda tx: service_keys.keep(tx, service_keys_of_all_rooms(), 1.0)))
    storage.close()
    assert [text.split(" was not sealed")[0] for text in found(data)] == [
        f"the secret of {each.context}"
        for each in sorted(service_keys_of_all_rooms(), key=lambda each: each.kind, reverse=True)
    ]
    (data / "master.key").unlink()
    [text] = found(data)
    assert text.startswith("3 secrets can't be opened: the master key can't be read from")


@pytest.mark.parametrize("name", ["mail.db", "metrics.db"])
def test_damage_is_told_and_everything_else_is_looked_at(data: Path, name: str) -> None:
    whole = (data / name).read_bytes()
    (data / name).write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    report = looked(data)
    assert len(report.looked_at) == 8
    assert any(each.text.startswith(name) for each in report.faults)


def test_an_index_that_does_not_fit_its_table_is_found(data: Path) -> None:
    change(
        data / "mail.db",
        "INSERT INTO account (account, created) VALUES ('123456789012', 1)",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'queue_message')"
        " WHERE name = 'journal_time'",
    )
    assert any(text.startswith("mail.db is damaged: ") for text in found(data))
