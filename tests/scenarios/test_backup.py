"""A backup of a running service: whole whatever happens meanwhile, and enough to go on from elsewhere."""

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mailgauge.events import journal
from mailgauge.server.backup_files import BackupError
from mailgauge.server.data import DataDirectory
from mailgauge.server.restoring import restore
from mailgauge.server.storage import Storage
from tests.conftest import Rounds
from tests.scenarios.auditing import audit, settled
from tests.scenarios.service import Service, clean_environment, running, wait_until
from tests.scenarios.serving import shown_key

SENDER = "sender@example.com"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mailgauge.cli.main", "store", *arguments]


def store(*arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, env=clean_environment(), check=False, timeout=120
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def sent(service: Service, count: int) -> list[str]:
    client = service.client("sesv2")
    content = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello. " * 5000}}}}
    return [
        client.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [f"kept-{number}@example.net"]},
            Content=content,
        )["MessageId"]
        for number in range(count)
    ]


@contextmanager
def sending(service: Service) -> Iterator[list[str]]:
    """Goes on sending beside what the caller does."""
    accepted: list[str] = []
    ending = threading.Event()

    def work() -> None:
        while not ending.is_set():
            accepted.extend(sent(service, 1))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield accepted
    finally:
        ending.set()
        thread.join(60)
    assert not thread.is_alive()


def keyed(service: Service) -> Service:
    key_id, secret = wait_until(lambda: shown_key(service), lambda found: len(found) == 2)
    service.key = key_id, secret
    return service


def known(data: Path, message_ids: list[str]) -> list[str]:
    """Those of the messages that the data has."""
    storage = Storage.look(DataDirectory(data))
    try:
        found = storage.mail.read_now(lambda tx: journal.get_facts(tx, message_ids))
    finally:
        storage.close()
    return [each for each in message_ids if each in found]


def test_a_backup_of_a_busy_service_has_all_that_was_accepted_before_and_goes_on_elsewhere(
    tmp_path: Path,
) -> None:
    first, second, target = tmp_path / "first", tmp_path / "second", tmp_path / "backup"
    config = tmp_path / "mailgauge.toml"
    config.write_text('[accounts]\nverification = "automatic"\n')
    with running(first, "--config", str(config), mode="serve") as service:
        keyed(service).client("sesv2").create_email_identity(EmailIdentity=SENDER)
        before = sent(service, 20)
        with sending(service) as meanwhile:
            wait_until(lambda: len(meanwhile) > 5)
            before += meanwhile
            made = json.loads(store("backup", str(target), "--data", str(first), "--json").partition("\n")[0])
            assert "Nothing is wrong" in store("check", "--data", str(first))
            went_on = len(meanwhile)
            wait_until(lambda: len(meanwhile) > went_on)
        assert made["position"] <= made["head"]
        settled(first)
    store("restore", str(target), "--data", str(second))
    assert not (second / "master.key").exists()
    shutil.copy2(first / "master.key", second)
    assert "Nothing is wrong" in store("check", "--data", str(second))
    assert audit(second)["agrees"]
    assert known(second, before) == before
    with running(second, "--config", str(config), mode="serve") as restored:
        restored.key = service.key
        report = settled(second)
        assert report["messages"] >= len(before)
        sent(restored, 1)
        assert settled(second)["messages"] == report["messages"] + 1


def test_a_service_does_not_start_on_metrics_that_are_ahead_of_their_mail(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    directory.create()
    Storage.open(directory).close()
    with closing(sqlite3.connect(directory.metrics)) as connection, connection:
        connection.execute("INSERT INTO position (consumer, shard, seq) VALUES ('metrics', 0, 7)")
    data = directory.path
    start = [
        sys.executable,
        "-m",
        "mailgauge.cli.main",
        "local",
        "--data",
        str(data),
        "--listen",
        "127.0.0.1:0",
    ]
    done = subprocess.run(
        start, capture_output=True, text=True, env=clean_environment(), check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Error: metrics.db is ahead of mail.db: it has counted the journal up to entry 7" in done.stderr
    assert "Traceback" not in done.stderr
    assert "is ahead of" in store("backup", str(tmp_path / "backup"), "--data", str(data), status=1)


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(tmp_path: Path, rounds: Rounds) -> None:
    data, moments = tmp_path / "data", random.Random("moments")
    with running(data) as service:
        service.client("sesv2").create_email_identity(EmailIdentity=SENDER)
        sent(service, 50)
        for number in range(rounds(3, 60)):
            target = tmp_path / f"backup-{number}"
            process = subprocess.Popen(
                command("backup", str(target), "--data", str(data)),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment(),
            )  # fmt: skip
            wait_until(lambda: process.poll() is not None or unfinished(target) or target.exists())  # noqa: B023 - read at once
            time.sleep(moments.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
            process.wait(30)
            for left in [*unfinished(target), *([target] if target.exists() else [])]:
                check_whole_or_refused(left, tmp_path / "restored", must_be_whole=left == target)
        settled(data)


def unfinished(target: Path) -> list[Path]:
    return list(target.parent.glob(f".{target.name}.unfinished-*"))


def check_whole_or_refused(left: Path, to: Path, *, must_be_whole: bool) -> None:
    for source in [left] if must_be_whole else [left, left / "files"]:
        if not source.exists():
            continue
        try:
            restore(source, DataDirectory(to), lambda *_: None)
        except BackupError:
            assert not must_be_whole
            assert not (to / "mail.db").exists()
            assert not (to / "metrics.db").exists()
        else:
            assert audit(to)["agrees"]
        shutil.rmtree(to)
