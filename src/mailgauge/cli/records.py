"""``mailgauge records``: the DNS records of the service and of domain identities, as lines of a zone file. It changes nothing."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from mailgauge.base.clock import SystemClock
from mailgauge.cli.arguments import data_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.config.load import load
from mailgauge.config.options import Config
from mailgauge.dns.answers import Resolver
from mailgauge.dns.resolver import NetworkResolver
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.ses import dkim_keys, domain_checks, domain_records, service_keys, service_records
from mailgauge.ses.domain_records import Line, Subject
from mailgauge.ses.service_keys import ServiceKey


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: Sequence[Line]


@click.command()
@click.argument("domain", required=False)
@data_option
@click.option(
    "--config", type=click.Path(path_type=Path), envvar="MAILGAUGE_CONFIG", help="The configuration file."
)
@click.option("--check", is_flag=True, help="Look each record up and say whether it is found.")
@failures_in_words
def records(domain: str | None, data: Path, config: Path | None, *, check: bool) -> None:
    """Print the DNS records that the service and its identities want, or those of DOMAIN. The service may be running."""
    directory = DataDirectory(data)
    directory.must_exist()
    options = load(Config(), config, os.environ, {})
    service = options.service.domain
    storage = Storage.look(directory)
    try:
        subjects = storage.mail.read_now(lambda tx: domain_checks.with_records(tx, domain, service))
        keys = storage.mail.read_now(service_keys.find)
    finally:
        storage.close()
    sections = [section for subject in subjects for section in _of_domain(subject)]
    if domain in {None, service}:
        sections.insert(0, _of_service(options, keys))
    if not sections:
        raise click.ClickException(f"{domain} is no identity here, nor the MAIL FROM domain of one")
    found = asyncio.run(_look_up(options, sections)) if check else {}
    for section in sections:
        _print(section, found)


def _of_service(options: Config, keys: Sequence[ServiceKey]) -> Section:
    service = options.service.domain
    texts = [(each.selector, dkim_keys.record(each.public, each.kind)) for each in keys]
    lines = service_records.of_service(service, texts, options.delivery.addresses)
    return Section(f"{service}, the service itself, to be published by its operator", lines)


def _of_domain(subject: Subject) -> list[Section]:
    identity = subject.identity
    owners = domain_records.for_the_owner(subject)
    sections = [Section(f"{identity.name} ({identity.scope.key}), to be published by its owner", owners)]
    if operators := domain_records.for_the_operator(subject):
        sections.append(Section(f"in the zone of {subject.service}, for {identity.name}", operators))
    return sections


async def _look_up(options: Config, sections: Sequence[Section]) -> dict[Line, str]:
    resolver = NetworkResolver(SystemClock(), options.dns.resolvers, options.dns.timeout)
    lines = [line for section in sections for line in section.lines]
    return dict(zip(lines, await asyncio.gather(*(_seen(resolver, line) for line in lines)), strict=True))


async def _seen(resolver: Resolver, line: Line) -> str:
    return service_records.seen(line, await resolver.look_up(line.name, line.kind))


def _print(section: Section, found: Mapping[Line, str]) -> None:
    click.echo(f"; {section.title}")
    for line in section.lines:
        click.echo(f"{line} ; {found[line]}" if line in found else str(line))
