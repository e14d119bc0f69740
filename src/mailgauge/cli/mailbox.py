"""``mailgauge mailbox``: what was captured, read beside the running service. It changes nothing.

The operator's view over all accounts; ``/_aws/ses`` is what programs under test ask.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from mailgauge.cli.arguments import data_option, json_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.cli.plain import harmless, on_one_line
from mailgauge.mail.address import decode_words
from mailgauge.mail.headers import Field, first, split
from mailgauge.mailbox import store as rows
from mailgauge.mailbox.api import body, document
from mailgauge.mailbox.store import Captured
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage


@click.command()
@click.argument("message_id", metavar="[ID]", required=False)
@data_option
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many to list."
)
@click.option("--raw", is_flag=True, help="Print the message as it would have gone out.")
@json_option
@failures_in_words
def mailbox(message_id: str | None, data: Path, limit: int, raw: bool, as_json: bool) -> None:
    """List the newest captured messages, or show the one with this ID. The service may be running."""
    if raw and message_id is None:
        raise click.UsageError("--raw shows one message: name its ID")
    found = _read(data, message_id, limit)
    if message_id is not None and not found:
        raise click.ClickException(f"there is no captured message {message_id}")
    if as_json:
        click.echo(orjson.dumps([document(each) for each in found], option=orjson.OPT_INDENT_2))
    elif raw:
        for each in found:
            sys.stdout.buffer.write(each.content)
        sys.stdout.buffer.flush()
    elif message_id is not None:
        click.echo("\n".join(map(_shown, found)))
    else:
        _list(found)


def _read(data: Path, message_id: str | None, limit: int) -> Sequence[Captured]:
    directory = DataDirectory(data)
    directory.must_exist()
    storage = Storage.look(directory)
    try:
        return storage.mail.read_now(lambda tx: rows.messages(tx, message_id, most=limit))
    finally:
        storage.close()


def _list(found: Sequence[Captured]) -> None:
    if not found:
        click.echo("No message was captured yet.", err=True)
    for each in found:
        fields = split(each.content).fields
        click.echo(f"{each.message_id}  {_time(each.received)}")
        click.echo(f"  from {on_one_line(each.source)} to {on_one_line(', '.join(each.recipients))}")
        click.echo(f"  {_subject(fields) or '(no subject)'}")


def _shown(message: Captured) -> str:
    """Headers and text; where there is no text part, the HTML as it is."""
    fields = split(message.content).fields
    lines = [f"{harmless(field.name)}: {on_one_line(decode_words(field.value))}" for field in fields]
    parts = body(message.content)
    return "\n".join([*lines, "", harmless(parts["text_part"] or parts["html_part"] or "")])


def _subject(fields: Sequence[Field]) -> str:
    return on_one_line(decode_words(first(fields, "Subject") or ""))


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
