"""``mailgauge trace``: an operator reads what became of a message, beside the running service."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.cli.trace import trace
from mailgauge.delivery import queue, transcripts
from mailgauge.delivery.row import Row, Stage
from mailgauge.delivery.transcripts import Attempt
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.mail.status import Reply
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.store.transaction import Tx
from tests.scenarios.service import running, wait_until

HERE = Scope("111122223333", "us-east-1")
MESSAGE = new_message_id("us-east-1", 100.0)


def keep_a_story(tx: Tx) -> None:
    """Accepted at 100 s, refused for now at 101 s by a server that says evil things, due again at 160 s."""
    destination, tags = ["a@x.example"], {"campaign": ["spring"]}
    facts = Facts(MESSAGE, 100.0, HERE.account, HERE.region, "s@example.com", destination, tags)
    journal.put_facts(tx, facts)
    journal.append(tx, Entry(100_000, HERE, Kind.SEND, MESSAGE, None, 1, {}))
    failed = {"emailAddress": "a@x.example", "status": "4.3.0", "diagnosticCode": "smtp; 451 4.3.0 later"}
    detail = {"delayType": "General", "recipients": [failed]}
    journal.append(tx, Entry(101_000, HERE, Kind.DELIVERY_DELAY, MESSAGE, None, 1, detail))
    said = Attempt(
        MESSAGE,
        101.0,
        1,
        "mx",
        {"a@x.example": Reply(451, "4.3.0", "later")},
        "mx.x.example:25",
        "192.0.2.1",
        tls_version="TLSv1.3",
        seconds=0.5,
        dialogue=[(0.0, "S: 220 \x1b[2Jhi"), (0.25, "C: EHLO us")],
    )
    transcripts.add(tx, [said])
    row = Row(
        MESSAGE,
        Stage.DELIVER,
        HERE,
        None,
        100.0,
        500.0,
        False,
        recipient="a@x.example",
        attempts=1,
        due=160.0,
    )
    queue.add(tx, [row])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = DataDirectory(tmp_path)
    storage = Storage.open(directory)
    asyncio.run(storage.mail.write(keep_a_story))
    storage.close()
    return tmp_path


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(trace, ["--data", str(data), *arguments])


def test_the_story_is_told_in_the_order_of_time(data: Path) -> None:
    text = run(data, MESSAGE).stdout
    order = [
        "s@example.com",
        "campaign=spring",
        "event Send",
        "attempt 1 by mx",
        "event DeliveryDelay",
        "waits",
    ]
    places = [text.index(each) for each in order]
    assert places == sorted(places)
    assert "mx.x.example:25 [192.0.2.1] TLSv1.3" in text
    assert "250.0 ms  C: EHLO us" in text
    assert "\x1b" not in text, "strangers do not drive the terminal"
    assert "due 1970-01-01T00:02:40.000Z, given up 1970-01-01T00:08:20.000Z" in text


def test_the_story_as_json(data: Path) -> None:
    told = json.loads(run(data, f"<{MESSAGE}@mail.example>", "--json").stdout)
    assert (told["source"], told["tags"]) == ("s@example.com", {"campaign": ["spring"]})
    assert [each["step"] for each in told["steps"]] == ["event", "attempt", "event"]
    attempt = told["steps"][1]
    assert attempt["replies"] == {"a@x.example": "451 4.3.0 later"}
    assert attempt["dialogue"][1] == {"millis": 250.0, "line": "C: EHLO us"}
    assert [(each["recipient"], each["attempts"]) for each in told["waiting"]] == [("a@x.example", 1)]


@pytest.mark.parametrize(
    "message_id", ["nonsense", new_message_id("us-east-1", 5.0)], ids=["none", "unknown"]
)
def test_an_unknown_id_is_an_error_in_words(data: Path, message_id: str) -> None:
    result = run(data, message_id)
    assert result.exit_code == 1
    assert message_id in result.stderr
    assert "Traceback" not in result.output


def test_a_running_service_can_be_asked(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as service:
        client = service.client("sesv2")
        client.create_email_identity(EmailIdentity="s@example.com")
        content = {
            "Simple": {"Subject": {"Data": "hi"}, "Body": {"Text": {"Data": "not for the transcript"}}}
        }
        to = {"ToAddresses": ["bounce@simulator.amazonses.com", "someone@example.net"]}
        sent = client.send_email(FromEmailAddress="s@example.com", Destination=to, Content=content)
        text = wait_until(
            lambda: run(data, sent["MessageId"]).stdout,
            lambda text: "event Bounce" in text and "event Delivery" in text,
        )
    assert "attempt 1 by capture" in text
    assert "attempt 1 by simulator" in text
    assert "C: MAIL FROM" in text
    assert "not for the transcript" not in text
