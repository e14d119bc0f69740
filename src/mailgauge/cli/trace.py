"""``mailgauge trace``: a message's whole story in the order of time, read beside the running service. It changes nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from mailgauge.cli.arguments import data_option, json_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.cli.plain import moment, on_one_line
from mailgauge.delivery.row import Row, Stage
from mailgauge.delivery.transcripts import Attempt
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import EVENT_TYPE
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.server.story import Story, story_of

_WAITS = {
    Stage.PREPARE: "to be prepared",
    Stage.DELIVER: "to be delivered",
    Stage.RENDER: "to be rendered",
    Stage.RENDER_SLOWLY: "to be rendered",
    Stage.WAIT: "in the line of {site}",
}


@click.command()
@click.argument("message_id")
@data_option
@json_option
@failures_in_words
def trace(message_id: str, data: Path, as_json: bool) -> None:
    """Tell the story of the message with this ID: who sent it to whom, its events, each attempt to deliver it and what
    was said, and what still waits. The service may be running.
    """
    directory = DataDirectory(data)
    directory.must_exist()
    message_id = message_id.strip().strip("<>").partition("@")[0].lower()
    storage = Storage.look(directory)
    try:
        story = storage.mail.read_now(lambda tx: story_of(tx, message_id))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    finally:
        storage.close()
    if story is None:
        raise click.ClickException(
            f"nothing is known of message {message_id}: it was never accepted here, or is too old and not kept any more"
        )
    if as_json:
        click.echo(orjson.dumps(_as_json(story), option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo("\n".join(_as_text(story)))


def _as_json(story: Story) -> dict[str, Any]:
    return {
        "messageId": story.message_id,
        **(_facts(story.facts) if story.facts else {}),
        "steps": [_entry(step) if isinstance(step, Entry) else _attempt(step) for step in story.steps],
        "waiting": [_row(row) for row in story.waiting],
    }


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        "accepted": moment(facts.time),
        "operation": facts.operation,
        "account": facts.account,
        "region": facts.region,
        "source": facts.source,
        "destination": facts.destination,
        "configurationSet": facts.configuration_set,
        "tags": facts.tags,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "step": "event",
        "time": moment(entry.time / 1000),
        "event": EVENT_TYPE.get(entry.kind, entry.kind.name),
        "detail": entry.detail,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    told = {
        "step": "attempt",
        "time": moment(attempt.time),
        "number": attempt.number,
        "transport": attempt.transport,
        "host": attempt.host or None,
        "peerIp": attempt.peer,
        "localIp": attempt.source,
        "tlsVersion": attempt.tls_version,
        "tlsCipher": attempt.tls_cipher,
        "connectMillis": round(attempt.connect_seconds * 1000, 1),
        "totalMillis": round(attempt.seconds * 1000, 1),
        "failure": attempt.failure or None,
        "replies": {who: reply.line if reply else None for who, reply in attempt.replies.items()},
    }
    if attempt.dialogue is not None:
        told["dialogue"] = [
            {"millis": round(seconds * 1000, 1), "line": line} for seconds, line in attempt.dialogue
        ]
    return told


def _row(row: Row) -> dict[str, Any]:
    return {
        "recipient": row.recipient or None,
        "waits": _WAITS[row.stage].format(site=row.site),
        "attempts": row.attempts,
        "due": moment(row.due),
        "expires": moment(row.expires),
    }


def _as_text(story: Story) -> Iterator[str]:
    yield f"message  {story.message_id}"
    if story.facts is None:
        yield "         who sent it to whom is not kept any more"
    else:
        yield from _facts_as_text(story.facts)
    for step in story.steps:
        yield ""
        yield from _entry_as_text(step) if isinstance(step, Entry) else _attempt_as_text(step)
    yield ""
    yield from map(_row_as_text, story.waiting)
    if not story.waiting:
        yield "nothing of it waits"


def _facts_as_text(facts: Facts) -> Iterator[str]:
    yield f"accepted {moment(facts.time)} by {facts.operation}, account {facts.account} in {facts.region}"
    yield f"from     {on_one_line(facts.source)}"
    yield f"to       {on_one_line(', '.join(facts.destination))}"
    if facts.configuration_set:
        yield f"set      {facts.configuration_set}"
    tags = (f"{name}={','.join(values)}" for name, values in facts.tags.items())
    yield f"tags     {on_one_line(' '.join(tags))}"


def _entry_as_text(entry: Entry) -> Iterator[str]:
    yield f"{moment(entry.time / 1000)}  event {EVENT_TYPE.get(entry.kind, entry.kind.name)}"
    for name, value in entry.detail.items():
        if value not in ({}, [], None):
            shown = moment(value / 1000) if name == "expires" else on_one_line(_plain(value))
            yield f"    {name}: {shown}"


def _plain(value: object) -> str:
    """A value of an event in as few signs as it takes."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "; ".join(map(_plain, value))
    return str(value)


def _attempt_as_text(attempt: Attempt) -> Iterator[str]:
    where = [
        attempt.host,
        f"[{attempt.peer}]" if attempt.peer else "",
        attempt.tls_version,
        attempt.tls_cipher,
    ]
    times = f"connected in {attempt.connect_seconds * 1000:.1f} ms, {attempt.seconds * 1000:.1f} ms in all"
    way = f" by {attempt.transport}" if attempt.host else f", {attempt.transport}"
    yield f"{moment(attempt.time)}  attempt {attempt.number}{way}"
    if attempt.host:
        yield f"    {on_one_line(' '.join(filter(None, where)))}, {times}"
    if attempt.failure:
        yield f"    {on_one_line(attempt.failure)}"
    for recipient, reply in attempt.replies.items():
        yield f"    {on_one_line(recipient)}: {on_one_line(reply.line) if reply else 'no answer'}"
    for seconds, line in attempt.dialogue or ():
        yield f"    {seconds * 1000:9.1f} ms  {on_one_line(line)}"


def _row_as_text(row: Row) -> str:
    who = row.recipient or "the message"
    waits = _WAITS[row.stage].format(site=row.site)
    return (
        f"{on_one_line(who)} waits {waits}, attempts so far {row.attempts}, due {moment(row.due)}, "
        f"given up {moment(row.expires)}"
    )
