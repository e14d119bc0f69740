"""``mailgauge topics``: notifications that could not be delivered, to look at and to send again. The service may be running."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from mailgauge.cli.arguments import data_option, json_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.cli.plain import moment, on_one_line
from mailgauge.outgoing.target import without_credentials
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import MAIL
from mailgauge.sns import dead_letters
from mailgauge.sns.dead_letters import DeadLetter
from mailgauge.store.sqlite import SqliteStore

_SLICE = 50


@click.group()
def topics() -> None:
    """Notifications of topics."""


@topics.group("dead-letters", short_help="What could not be delivered to subscribers.")
def dead_letters_group() -> None:
    """What could not be delivered, and whose subscription has no dead-letter queue. It is kept for 14 days."""


@dead_letters_group.command("list")
@click.option("--limit", default=100, show_default=True, help="At most so many, the oldest first.")
@data_option
@json_option
@failures_in_words
def list_(limit: int, data: Path, as_json: bool) -> None:
    """List them with the reason, the oldest first."""
    with _mail(data) as mail:
        found = mail.read_now(lambda tx: dead_letters.page(tx, 0, limit))
        there = mail.read_now(dead_letters.count)
    if as_json:
        click.echo(orjson.dumps([_as_json(each) for each in found], option=orjson.OPT_INDENT_2).decode())
        return
    for each in found:
        click.echo(f"{each.id}  {moment(each.time)}  {each.protocol}  {on_one_line(each.subscription_arn)}")
        click.echo(f"    message {each.message_id}, {each.attempts} attempts: {on_one_line(each.why)}")
    click.echo(f"{there} dead letters.{' Not all are shown: see --limit.' if there > len(found) else ''}")


@dead_letters_group.command()
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@data_option
@failures_in_words
def redrive(ids: tuple[int, ...], everything: bool, data: Path) -> None:
    """Deliver them again, as if they were new, to where their subscriptions lead now."""
    if everything == bool(ids):
        raise click.UsageError("Name the ids that `list` shows, or give --all.")
    now = DataDirectory(data).open_clock().now()
    with _mail(data) as mail:
        wanted = list(ids) or mail.read_now(dead_letters.ids)
        sent = [
            each
            for at in range(0, len(wanted), _SLICE)
            for each in asyncio.run(_redrive(mail, wanted[at : at + _SLICE], now))
        ]
    click.echo(f"{len(sent)} notifications are delivered again.")
    if left := sorted(set(wanted) - set(sent)):
        shown = ", ".join(map(str, left[:20])) + (", ..." if len(left) > 20 else "")
        click.echo(f"Not there, or without a subscription by now: {shown}")


async def _redrive(mail: SqliteStore, ids: list[int], now: float) -> list[int]:
    return await mail.write(lambda tx: [each for each in ids if dead_letters.redrive(tx, each, now)])


def _as_json(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "time": moment(letter.time),
        "account": letter.scope.account,
        "region": letter.scope.region,
        "subscription": letter.subscription_arn,
        "protocol": letter.protocol,
        "endpoint": without_credentials(letter.endpoint),
        "message_id": letter.message_id,
        "published": moment(letter.published),
        "subject": letter.message.subject,
        "message": letter.message.body,
        "attempts": letter.attempts,
        "why": letter.why,
    }


@contextmanager
def _mail(data: Path) -> Iterator[SqliteStore]:
    directory = DataDirectory(data)
    directory.must_have_mail()
    mail = SqliteStore.open(directory.mail, MAIL)
    try:
        yield mail
    finally:
        mail.close()
