"""`kill -9` at any moment: what was answered with 200 is delivered and counted, once."""

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.conftest import Rounds
from tests.scenarios.auditing import audit, settled
from tests.scenarios.raw import Wire
from tests.scenarios.service import Service, wait_until

pytestmark = pytest.mark.soak

SENDER = "sender@example.com"
SET = "kills"
CAMPAIGNS = ("spring", "autumn")
THREADS = 8
#: More than one piece of content, each of which is written on its own.
LARGE = "Hello, all of you. " * 120_000
#: What is sent, and the outcome of each recipient in it.
MAILS: list[dict[str, str]] = [
    {"kept-{}@example.net": "Delivery"},
    {"kept-{}@example.net": "Delivery", "also-{}@example.org": "Delivery"},
    {"success+{}@simulator.amazonses.com": "Delivery"},
    {"bounce+{}@simulator.amazonses.com": "Bounce"},
    {"complaint+{}@simulator.amazonses.com": "Delivery"},
    {"suppressionlist+{}@simulator.amazonses.com": "Bounce", "more-{}@example.net": "Delivery"},
]


@dataclass
class Log:
    """What the senders did: every attempt, and every answer they got."""

    attempted: Counter[str] = field(default_factory=Counter)
    accepted: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    put: int = 0
    put_attempted: int = 0
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def send(wire: Wire, log: Log, choice: random.Random, number: str) -> None:
    campaign = choice.choice(CAMPAIGNS)
    recipients = {address.format(number): outcome for address, outcome in choice.choice(MAILS).items()}
    with log.lock:
        log.attempted[campaign] += len(recipients)
    parameters = {
        "Action": "SendEmail",
        "Source": SENDER,
        "Message.Subject.Data": f"{campaign} {number}",
        "Message.Body.Text.Data": LARGE if choice.random() < 0.03 else "Hello.",
        "ConfigurationSetName": SET,
        "Tags.member.1.Name": "campaign",
        "Tags.member.1.Value": campaign,
    }
    for n, address in enumerate(recipients, start=1):
        parameters[f"Destination.ToAddresses.member.{n}"] = address
    answer = wire.form(parameters)
    with log.lock:
        if answer.status == 200:
            log.accepted[answer.element("MessageId")] = (campaign, recipients)
        else:
            log.failures.append(f"{answer.status} {answer.text}")


def put(wire: Wire, log: Log, choice: random.Random, number: str) -> None:
    datums = [
        {"MetricName": f"m{choice.randrange(200)}", "Value": 1.0, "Dimensions": [{"Name": "n", "Value": "v"}]}
        for _ in range(100)
    ]
    with log.lock:
        log.put_attempted += len(datums)
    answer = wire.cloudwatch("PutMetricData", {"Namespace": "kills", "MetricData": datums})
    with log.lock:
        if answer.status == 200:
            log.put += len(datums)
        else:
            log.failures.append(f"{answer.status} {answer.text}")


Act = Callable[[Wire, Log, random.Random, str], None]


@contextmanager
def senders(service: Service, log: Log, round_: int, acts: list[Act]) -> Iterator[None]:
    """Eight threads that go on until the process under them dies."""

    def work(thread: int) -> None:
        choice = random.Random(f"{round_}/{thread}")
        wire = Wire(service.http)
        number = 0
        while True:
            number += 1
            try:
                acts[thread % len(acts)](wire, log, choice, f"{round_}-{thread}-{number}")
            except (OSError, HTTPException):
                wire.close()
                return

    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def prepare(service: Service) -> None:
    ses = service.client("sesv2")
    ses.create_email_identity(EmailIdentity=SENDER)
    ses.create_configuration_set(ConfigurationSetName=SET)
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName="to-cloudwatch",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT"],
            "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
        },
    )


Metric = tuple[str, str, tuple[tuple[str, str], ...]]
"""Namespace, name, dimensions."""


def of_mail(name: str, campaign: str | None = None) -> Metric:
    return ("AWS/SES", name, () if campaign is None else (("campaign", campaign),))


def totals(service: Service, *metrics: Metric) -> list[float]:
    """The sums of all that was ever counted, in one GetMetricData."""
    queries = []
    for number, (namespace, name, dimensions) in enumerate(metrics):
        named = [{"Name": key, "Value": value} for key, value in dimensions]
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": named}
        queries.append({"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}})
    now = datetime.now(UTC)
    answer = service.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=now - timedelta(hours=6), EndTime=now + timedelta(hours=2)
    )
    return [float(sum(result["Values"])) for result in answer["MetricDataResults"]]


def outcomes(service: Service, message_id: str) -> Counter[tuple[str, str]]:
    """(recipient, outcome) of one message, from the documents that subscribers would get."""
    found: Counter[tuple[str, str]] = Counter()
    for document in service.get(f"/_mailgauge/events?message={message_id}")["events"]:
        kind = document["eventType"]
        if kind == "Delivery":
            found.update((each, kind) for each in document["delivery"]["recipients"])
        if kind == "Bounce":
            found.update((each["emailAddress"], kind) for each in document["bounce"]["bouncedRecipients"])
        if kind == "Complaint":
            found.update(
                (each["emailAddress"], kind) for each in document["complaint"]["complainedRecipients"]
            )
    return found


def expected_outcomes(recipients: dict[str, str]) -> Counter[tuple[str, str]]:
    wanted = Counter(recipients.items())
    wanted.update((each, "Complaint") for each in recipients if each.startswith("complaint"))
    return wanted


def survive(data: Path, count: int, acts: list[Act], longest: float, log: Log) -> Service:
    """Starts and kills, again and again; returns the service as the last start left it."""
    moments = random.Random("moments")
    config = data.with_suffix(".toml")
    config.write_text("[keep]\nmailbox_messages = 1000000\n")
    service = Service.start(data, "--config", str(config))
    prepare(service)
    for number in range(count):
        with senders(service, log, number, acts):
            time.sleep(moments.uniform(0.1, longest))
            service.kill()
        assert log.failures == []
        service = Service.start(data, "--config", str(config))
    return service


def check_mailbox(service: Service, log: Log) -> None:
    """Every captured recipient of every accepted message has it, once. Asked one by one: a listing is bounded."""
    for message_id, (_, recipients) in log.accepted.items():
        wanted = sorted(each for each in recipients if "@simulator." not in each)
        if wanted:
            [message] = service.get(f"/_aws/ses?id={message_id}")["messages"]
            assert set(wanted) <= set(message["Destination"]["ToAddresses"])


def check_content(data: Path) -> None:
    """No content is kept of messages that were never accepted."""
    query = (
        "SELECT count(*) FROM content WHERE message NOT IN (SELECT message FROM message_facts)"
        " OR message NOT IN (SELECT message FROM queue UNION SELECT message FROM finished)"
    )
    with closing(sqlite3.connect(f"file:{data / 'mail.db'}?mode=ro", uri=True)) as connection:
        assert connection.execute(query).fetchone() == (0,)


def check_sums(service: Service, log: Log) -> None:
    """At least what was answered, at most what was tried: an answer may be lost, a message may not."""
    accepted: Counter[str] = Counter()
    for campaign, recipients in log.accepted.values():
        accepted[campaign] += len(recipients)
    tagged = totals(service, *(of_mail("Send", campaign) for campaign in CAMPAIGNS))
    for campaign, sent in zip(CAMPAIGNS, tagged, strict=True):
        assert accepted[campaign] <= sent <= log.attempted[campaign]
    sent, delivered, bounced = totals(service, of_mail("Send"), of_mail("Delivery"), of_mail("Bounce"))
    assert sent == sum(tagged)
    # Every recipient has one outcome, so the outcomes add up to the sends.
    assert sent == delivered + bounced


def test_what_was_accepted_survives_kill_9_and_is_counted_once(tmp_path: Path, rounds: Rounds) -> None:
    data, log = tmp_path / "data", Log()
    service = survive(data, rounds(5, 50), [send, send, send, put], 1.5, log)
    try:
        assert len(log.accepted) > 50
        report = settled(data, 300)
        assert report["messages"] >= len(log.accepted)
        complaints = sum(
            each.startswith("complaint") for _, recipients in log.accepted.values() for each in recipients
        )
        wait_until(lambda: totals(service, of_mail("Complaint")), lambda found: found[0] >= complaints)
        settled(data)
        check_mailbox(service, log)
        check_sums(service, log)
        check_content(data)
        some = random.Random("some").sample(sorted(log.accepted), min(300, len(log.accepted)))
        for message_id in some:
            assert outcomes(service, message_id) == expected_outcomes(log.accepted[message_id][1]), message_id
    finally:
        service.stop()
    # A stopped service left everything written as well.
    assert audit(data)["agrees"]


def test_publishing_that_is_killed_counts_nothing_twice_and_nothing_never(
    tmp_path: Path, rounds: Rounds
) -> None:
    data, log = tmp_path / "data", Log()
    service = survive(data, rounds(5, 50), [put], 0.6, log)
    try:
        report = settled(data, 300)
        counted = sum(totals(service, *(("kills", f"m{n}", (("n", "v"),)) for n in range(200))))
        assert log.put > 0
        assert log.put <= counted <= log.put_attempted
        assert report["entries"] > 0
    finally:
        service.stop()
