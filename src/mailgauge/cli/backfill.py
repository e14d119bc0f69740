"""``mailgauge backfill``: a CloudWatch destination's metrics for the time before it was there. The service may be running."""

import asyncio
from pathlib import Path

import click
import orjson

from mailgauge.base.scope import Scope
from mailgauge.cli.arguments import data_option, json_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.cli.scopes import account_of
from mailgauge.destinations import backfill as filling
from mailgauge.destinations import versions
from mailgauge.destinations.backfill import Backfill
from mailgauge.destinations.definitions import CloudWatchTarget
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import METRICS, Storage
from mailgauge.ses import event_destinations
from mailgauge.ses.errors import SesError
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from mailgauge.tsdb.rows import RowEngine


@click.command()
@click.argument("configuration_set")
@click.argument("destination")
@click.option("--account", help="Twelve digits. Default: the account there is.")
@click.option("--region", default="us-east-1", show_default=True, help="The set's Region.")
@data_option
@json_option
@failures_in_words
def backfill(
    *, configuration_set: str, destination: str, account: str | None, region: str, data: Path, as_json: bool
) -> None:
    """Compute a CloudWatch destination's metrics from the journal, as if it had been there before.

    It reaches back as far as the journal does and leaves out what the destination has published itself. Each event is
    counted once, however often this is called or broken off.
    """
    directory = DataDirectory(data)
    directory.must_exist()
    looking = Storage.look(directory)
    metrics = SqliteStore.open(directory.metrics, METRICS)
    try:
        wanted = looking.mail.read_now(
            lambda tx: _wanted(tx, account, region, configuration_set, destination=destination)
        )
        entries, samples = asyncio.run(
            _fill(looking, metrics, wanted, directory.open_clock().now(), shown=not as_json)
        )
    finally:
        metrics.close()
        looking.close()
    if as_json:
        click.echo(orjson.dumps({"entries": entries, "samples": samples}).decode())
    elif entries:
        click.echo(f"{samples} samples were added, of {entries} journal entries.")
    else:
        click.echo("There was nothing left to do: every entry of the journal is counted already.")


def _wanted(tx: Tx, account: str | None, region: str, name: str, *, destination: str) -> Backfill:
    scope = Scope(account_of(tx, account), region)
    try:
        destinations = event_destinations.of(tx, scope, name)
    except SesError as error:
        raise click.ClickException(f"{error} (account {scope.account}, {region})") from error
    chosen = next((each for each in destinations if each.name == destination), None)
    if chosen is None or not isinstance(chosen.target, CloudWatchTarget):
        names = [each.name for each in destinations if isinstance(each.target, CloudWatchTarget)]
        there = f"it has {', '.join(names)}" if names else "it has none"
        raise click.ClickException(f"{name} has no CloudWatch destination {destination}: {there}")
    first = versions.first_with(tx, scope, name, destination)
    assert first is not None
    return Backfill(scope, name, chosen, first)


async def _fill(
    looking: Storage, metrics: SqliteStore, wanted: Backfill, now: float, *, shown: bool
) -> tuple[int, int]:
    """Entries and samples."""
    from rich.console import Console
    from rich.progress import Progress

    engine, entries, samples = RowEngine(), 0, 0
    upto = await looking.mail.read(filling.end)
    with Progress(console=Console(stderr=True), transient=True, disable=not shown) as progress:
        task = progress.add_task("journal entries", total=upto)
        while (done := await filling.step(looking.mail, metrics, engine, wanted, upto=upto, now=now)).entries:
            entries += done.entries
            samples += done.samples
            progress.update(task, completed=done.position)
    return entries, samples
