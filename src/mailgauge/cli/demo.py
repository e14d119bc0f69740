"""``mailgauge demo``: demonstration mail through the public APIs with the unmodified boto3 client, and its metrics as a table.

It is a client like any other: what it prints is what the service answered.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from itertools import cycle, islice
from time import sleep
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click

SET = "mailgauge-demo"
SOURCE = "newsletter@demo.example.com"
IDENTITY = "demo.example.com"
CAMPAIGNS = ("spring-sale", "welcome", "newsletter")
METRICS = ("Send", "Delivery", "DeliveryDelay", "Bounce", "Complaint")
# Every outcome of the simulator, in proportions a sender would recognise (and worry about).
_MAILBOXES = (
    *("success",) * 12, "bounce", "success", "complaint", "success", "ooto", "suppressionlist", "success", "defer",
)  # fmt: skip
_PATIENCE = 20.0
_LOCAL_ACCOUNT = "000000000000"


@dataclass(frozen=True, slots=True)
class Clients:
    ses: Any
    cloudwatch: Any


@click.command()
@click.option(
    "--endpoint", default="http://127.0.0.1:4566", show_default=True, help="Where the service listens."
)
@click.option("--region", default="us-east-1", show_default=True)
@click.option(
    "--messages", default=120, show_default=True, type=click.IntRange(1, 100_000), help="How many to send."
)
def demo(endpoint: str, region: str, messages: int) -> None:
    """Send demonstration mail through a running service and show its metrics.

    Uses the credentials of the environment; without any, those of `mailgauge local`. Mail goes to the mailbox
    simulator only.
    """
    from rich.console import Console

    _be_an_address(endpoint)
    if find_spec("boto3") is None:
        raise click.ClickException(
            f"the demonstration needs boto3: {sys.executable} -m pip install boto3 (a checkout's `make run` installs it)"
        )
    console = Console()
    with _ending_in_order(console):
        try:
            clients = _clients(endpoint, region)
            _prepare(clients)
            sent = _send(clients, console, messages)
            _show(clients, console, sent)
        except _client_errors() as error:
            raise click.ClickException(f"{endpoint}: {error}") from error
    console.print(_hints(endpoint, region), highlight=False)


def _be_an_address(endpoint: str) -> None:
    """Raises ClickException for what no client could call."""
    try:
        parts = urlsplit(endpoint)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        raise click.ClickException(
            f"--endpoint must be http://HOST:PORT or https://HOST:PORT, not {endpoint!r}"
        )


@contextlib.contextmanager
def _ending_in_order(console: Any) -> Iterator[None]:
    """SIGTERM unwinds as Ctrl-C does, and either gives the terminal its cursor back, which the progress bar hides."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        console.show_cursor(True)


def _clients(endpoint: str, region: str) -> Clients:
    import boto3

    key = os.environ.get("AWS_ACCESS_KEY_ID", _LOCAL_ACCOUNT)
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY", "local")
    session = boto3.session.Session(key, secret, region_name=region)
    return Clients(
        session.client("sesv2", endpoint_url=endpoint), session.client("cloudwatch", endpoint_url=endpoint)
    )


def _client_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError)


def _prepare(clients: Clients) -> None:
    """An identity, and a configuration set whose CloudWatch destination has the dimension ``campaign``; kept if there."""
    ses = clients.ses
    exists = ses.exceptions.AlreadyExistsException
    _unless(exists, ses.create_email_identity, EmailIdentity=IDENTITY)
    _unless(exists, ses.create_configuration_set, ConfigurationSetName=SET)
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    _unless(
        exists,
        ses.create_configuration_set_event_destination,
        ConfigurationSetName=SET,
        EventDestinationName="cloudwatch",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "DELIVERY", "DELIVERY_DELAY", "BOUNCE", "COMPLAINT"],
            "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
        },
    )


def _unless(exists: type[Exception], call: Any, **parameters: Any) -> None:
    with contextlib.suppress(exists):
        call(**parameters)


def _send(clients: Clients, console: Any, messages: int) -> int:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        for number, (campaign, mailbox) in enumerate(
            progress.track(list(_stream(messages)), description="sending")
        ):
            clients.ses.send_email(
                FromEmailAddress=SOURCE,
                Destination={"ToAddresses": [f"{mailbox}+{number}@simulator.amazonses.com"]},
                Content={
                    "Simple": {
                        "Subject": {"Data": f"{campaign}, number {number}"},
                        "Body": {"Text": {"Data": "Hello from the demonstration."}},
                    }
                },
                ConfigurationSetName=SET,
                EmailTags=[{"Name": "campaign", "Value": campaign}],
            )
    return messages


def _stream(messages: int) -> Iterator[tuple[str, str]]:
    """Campaigns and mailboxes; their periods share no factor, so that every campaign meets every outcome."""
    return islice(zip(cycle(CAMPAIGNS), cycle(_MAILBOXES), strict=False), messages)


def _show(clients: Clients, console: Any, sent: int) -> None:
    from rich.table import Table

    names = ("account", *CAMPAIGNS)
    with console.status("waiting for the metrics"):
        sums = _settled(clients, sent)
    table = Table(title=f"AWS/SES, Sum of the last hour, from GetMetricData ({datetime.now(UTC):%H:%M} UTC)")
    table.add_column("metrics of")
    for metric in METRICS:
        table.add_column(metric, justify="right")
    for name in names:
        label = "the account" if name == "account" else f"campaign={name}"
        table.add_row(label, *(_cell(sums, metric, name) for metric in METRICS))
    console.print(table)
    console.print(
        "Deferred mail is delivered after two more attempts; account Bounce counts hard bounces only, and the account "
        "has no DeliveryDelay metric, as in SES.",
        style="dim",
    )


def _cell(sums: dict[tuple[str, str], float], metric: str, name: str) -> str:
    value = sums.get((metric, name))
    return "-" if value is None else f"{value:.0f}"


def _settled(clients: Clients, sent: int) -> dict[tuple[str, str], float]:
    """The sums, once every message of this run is in them or patience ends."""
    waited = 0.0
    before: dict[tuple[str, str], float] = {}
    while waited < _PATIENCE:
        sums = _sums(clients)
        outcomes = sum(sums.get((metric, "account"), 0) for metric in ("Delivery", "Bounce"))
        if sums == before and sums.get(("Send", "account"), 0) >= sent and outcomes >= sent * 0.9:
            return sums
        before = sums
        sleep(0.5)
        waited += 0.5
    return before


def _sums(clients: Clients) -> dict[tuple[str, str], float]:
    wanted = [(metric, name) for metric in METRICS for name in ("account", *CAMPAIGNS)]
    now = datetime.now(UTC)
    queries = [
        {
            "Id": f"q{number}",
            "MetricStat": {"Metric": _metric(metric, name), "Period": 60, "Stat": "Sum"},
        }
        for number, (metric, name) in enumerate(wanted)
    ]
    answer = clients.cloudwatch.get_metric_data(
        MetricDataQueries=queries, StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1)
    )
    results = {each["Id"]: each["Values"] for each in answer["MetricDataResults"]}
    return {key: sum(values) for number, key in enumerate(wanted) if (values := results.get(f"q{number}"))}


def _metric(metric: str, name: str) -> dict[str, Any]:
    dimensions = [] if name == "account" else [{"Name": "campaign", "Value": name}]
    return {"Namespace": "AWS/SES", "MetricName": metric, "Dimensions": dimensions}


def _hints(endpoint: str, region: str) -> str:
    key = os.environ.get("AWS_ACCESS_KEY_ID", _LOCAL_ACCOUNT)
    lines = [
        "",
        "Look for yourself:",
        f"  export AWS_ENDPOINT_URL={endpoint}",
        f"  export AWS_DEFAULT_REGION={region}",
    ]
    if "AWS_ACCESS_KEY_ID" not in os.environ:
        lines += [f"  export AWS_ACCESS_KEY_ID={key}", "  export AWS_SECRET_ACCESS_KEY=local"]
    lines += [
        '  aws cloudwatch list-metrics --namespace "AWS/SES"',
        "",
        f"Console: {endpoint}/console",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(demo())
