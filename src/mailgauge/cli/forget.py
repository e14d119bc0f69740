"""``mailgauge forget``: erases a person from what is kept about mail, also while the service is running."""

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from mailgauge.cli.arguments import data_option, json_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.mail.address import AddressError, parse_address
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.ses import forgetting
from mailgauge.ses.forgetting import Forgotten
from mailgauge.store.sqlite import SqliteStore

_MOST_SHOWN = 20


@click.command()
@click.argument("address")
@data_option
@click.option(
    "--refusals",
    is_flag=True,
    help="Also forget that the address wants no mail: suppressions and unsubscribed contacts. It may get mail again then.",
)
@json_option
@failures_in_words
def forget(address: str, data: Path, refusals: bool, as_json: bool) -> None:
    """Erase a recipient from facts, journal, content, transcripts, mailbox, contact lists and dead letters; metrics stay,
    and so do messages in queues, subscriptions of topics and actions of alarms.

    Exits 1 when mail to the address is still on its way: run it again once that has arrived.
    """
    try:
        bare = parse_address(address).bare
    except AddressError as error:
        raise click.BadParameter(f"{address} is no email address: {error}", param_hint="ADDRESS") from error
    directory = DataDirectory(data)
    directory.must_have_mail()
    Storage.look(directory).close()  # refuses the data of another release
    done = asyncio.run(_forget(directory.mail, bare, refusals=refusals))
    click.echo(orjson.dumps(asdict(done)).decode() if as_json else _as_text(bare, done))
    sys.exit(1 if done.waiting else 0)


async def _forget(path: Path, address: str, *, refusals: bool) -> Forgotten:
    store = SqliteStore.open(path)
    try:
        # Otherwise what was deleted could still be read from the file.
        await store.write(lambda tx: tx.run("PRAGMA secure_delete = ON"))
        return await forgetting.forget(store, address, refusals=refusals)
    finally:
        store.close()


def _as_text(address: str, done: Forgotten) -> str:
    lines = [
        f"{done.messages} messages to {address} name nobody now",
        f"erased it in {done.entries} journal entries and {done.attempts} transcripts",
        f"deleted {done.contents} contents, {done.captured} captured messages, {done.contacts} contacts",
    ]
    if done.dead_letters:
        lines.append(f"deleted {done.dead_letters} notifications that no subscriber could be told of")
    if done.suppressions:
        lines.append(f"deleted {done.suppressions} suppressions")
    if done.refusals:
        lines.append(
            f"{done.refusals} suppressions or unsubscribed contacts are kept, so that no mail goes there; --refusals "
            "erases them too"
        )
    if done.waiting:
        named = ", ".join(done.waiting[:_MOST_SHOWN]) + (" ..." if len(done.waiting) > _MOST_SHOWN else "")
        lines.append(f"{len(done.waiting)} messages are still on their way, run this again later: {named}")
    return "\n".join(lines)
