"""``mailgauge topics``: what could not be delivered is shown with its reason, and delivered again."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailgauge.base.scope import Scope
from mailgauge.cli.main import main
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import MAIL, METRICS
from mailgauge.sns import deliveries, publishing, subscription_rows, topics
from mailgauge.sns.message import Message
from mailgauge.sns.model import State, Subscription, Topic
from mailgauge.sns.schema import next_id
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx

SCOPE = Scope("123456789012", "us-east-1")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two notifications that were given up; the second one's text wants to drive a terminal."""
    directory = DataDirectory(tmp_path)
    SqliteStore.open(directory.metrics, METRICS).close()
    mail = SqliteStore.open(directory.mail, MAIL)

    def give_up(tx: Tx) -> None:
        topics.add(tx, Topic(SCOPE, "alarms"))
        endpoint, state = "https://ann:safe@shop.example/in", State.CONFIRMED
        kept = Subscription(next_id(tx), "uid", SCOPE, "alarms", SCOPE, "https", endpoint, state, {}, "", 0.0)
        subscription_rows.add(tx, kept)
        for why in ("no answer", "no\x1b[2J"):
            publishing.accept(tx, topics.get(tx, SCOPE, "alarms"), Message("hello"), 1000.0)
            [leased] = deliveries.lease(tx, now=1000.0, monotonic=0.0, hold=60.0, limit=10)
            deliveries.bury(tx, leased, why, 1100.0)

    asyncio.run(mail.write(give_up))
    mail.close()
    return tmp_path


def run(data: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, ["topics", "dead-letters", *arguments, "--data", str(data)])
    assert result.exit_code == 0, result.output
    return result


def test_they_are_listed_with_the_reason_and_drive_no_terminal(data: Path) -> None:
    shown = run(data, "list").output
    assert "arn:aws:sns:us-east-1:123456789012:alarms:uid" in shown
    assert "1 attempts: no answer" in shown
    assert "\x1b" not in shown
    assert "2 dead letters." in shown
    assert "2 dead letters. Not all" in run(data, "list", "--limit", "1").output
    first, _ = json.loads(run(data, "list", "--json").output)
    assert first["endpoint"] == "https://****@shop.example/in"
    assert (first["message"], first["why"], first["time"]) == (
        "hello",
        "no answer",
        "1970-01-01T00:18:20.000Z",
    )


def test_they_are_delivered_again_by_id_or_all_of_them(data: Path) -> None:
    assert run(data, "redrive", "1", "99").output == (
        "1 notifications are delivered again.\nNot there, or without a subscription by now: 99\n"
    )
    assert run(data, "redrive", "--all").output == "1 notifications are delivered again.\n"
    assert "0 dead letters." in run(data, "list").output
    mail = SqliteStore.open(DataDirectory(data).mail, read_only=True)
    assert mail.read_now(deliveries.waiting) == 2
    mail.close()


def test_redrive_wants_to_know_which(data: Path) -> None:
    for arguments in ([], ["1", "--all"]):
        result = CliRunner().invoke(
            main, ["topics", "dead-letters", "redrive", *arguments, "--data", str(data)]
        )
        assert result.exit_code == 2
        assert "give --all" in result.output
