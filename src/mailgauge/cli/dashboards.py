"""``mailgauge dashboards``: puts the ready dashboard beside the account's own. The service may be running."""

import asyncio
from pathlib import Path

import click

from mailgauge.cli.arguments import data_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.cli.scopes import account_of
from mailgauge.cloudwatch.dashboards import ready, store
from mailgauge.cloudwatch.dashboards.store import Dashboard
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import METRICS, Storage
from mailgauge.store.sqlite import SqliteStore


@click.group()
def dashboards() -> None:
    """Ready dashboards."""


@dashboards.command(short_help="Put the dashboard of sending.")
@click.option("--account", help="Twelve digits. Default: the account there is.")
@click.option("--region", default="us-east-1", show_default=True, help="The Region whose metrics it shows.")
@click.option("--name", default=ready.NAME, show_default=True, help="What it is called.")
@data_option
@failures_in_words
def install(account: str | None, region: str, name: str, data: Path) -> None:
    """Put the dashboard "SES sending": volume, what did not arrive, bounce and complaint rate, opens and clicks.

    GetDashboard then gives its body, which is like any other. One of the same name is replaced.
    """
    directory = DataDirectory(data)
    directory.must_exist()
    looking = Storage.look(directory)
    metrics = SqliteStore.open(directory.metrics, METRICS)
    try:
        owner = looking.mail.read_now(lambda tx: account_of(tx, account))
        modified = int(directory.open_clock().now() * 1000)
        made = Dashboard(owner, name, ready.sending(region), modified)
        asyncio.run(metrics.write(lambda tx: store.put(tx, made)))
    finally:
        metrics.close()
        looking.close()
    click.echo(f"Dashboard {name} is in account {owner}: GetDashboard gives its body.")
