"""``mailgauge records``: the DNS records of domain identities, as lines of a zone file. It changes nothing."""

import os
from collections.abc import Iterable
from pathlib import Path

import click

from mailgauge.cli.arguments import data_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.config.load import load
from mailgauge.config.options import Config
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.ses import domain_checks, domain_records
from mailgauge.ses.domain_records import Line, Subject


@click.command()
@click.argument("domain", required=False)
@data_option
@click.option(
    "--config", type=click.Path(path_type=Path), envvar="MAILGAUGE_CONFIG", help="The configuration file."
)
@failures_in_words
def records(domain: str | None, data: Path, config: Path | None) -> None:
    """Print the DNS records that domain identities want, of all of them or of DOMAIN. The service may be running."""
    directory = DataDirectory(data)
    directory.must_exist()
    service = load(Config(), config, os.environ, {}).service.domain
    storage = Storage.look(directory)
    try:
        subjects = storage.mail.read_now(lambda tx: domain_checks.of_domains(tx, domain, service))
    finally:
        storage.close()
    if domain is not None and not subjects:
        raise click.ClickException(f"{domain} is no identity here")
    for subject in subjects:
        _show(subject)


def _show(subject: Subject) -> None:
    identity = subject.identity
    click.echo(f"; {identity.name} ({identity.scope.key}), to be published by its owner")
    _print(domain_records.for_the_owner(subject))
    if operators := domain_records.for_the_operator(subject):
        click.echo(f"; in the zone of {subject.service}, for {identity.name}")
        _print(operators)


def _print(lines: Iterable[Line]) -> None:
    for line in lines:
        click.echo(str(line))
