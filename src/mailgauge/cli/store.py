"""``mailgauge store``: migrate, check, back up and restore the databases of an installation."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from mailgauge.cli.arguments import data_option, json_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.cli.plain import moment
from mailgauge.server import migrating
from mailgauge.server.data import DataDirectory
from mailgauge.server.migrating import Database

_BACKUP_KEY = (
    "Left out: the master key. Without it the access keys and DKIM keys in this backup can't be used: keep a copy of "
    "{} elsewhere."
)
_RESTORE_KEY = (
    "Backups have no master key: put the one of the installation that was backed up at {}, mode 0600, before the "
    "service starts."
)


@click.group()
def store() -> None:
    """Migrate, check, back up and restore the databases."""


@store.command()
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@data_option
@json_option
@failures_in_words
def migrate(*, dry_run: bool, data: Path, as_json: bool) -> None:
    """Bring the tables up to date with this release.

    Starting the service does the same. The service must be stopped if there is something to do. There is no way back:
    make a backup first.
    """
    directory = DataDirectory(data)
    directory.must_have_mail()
    found = migrating.look(directory)
    if not as_json:
        _show(found)
    migrating.refuse_newer(found)
    pending = [f"{each.path.name}: {step}" for each in found for step in each.pending]
    if pending and not dry_run:
        migrating.bring_up_to_date(directory)
    if as_json:
        click.echo(orjson.dumps({"pending": pending, "applied": [] if dry_run else pending}).decode())
        return
    what = "Would apply" if dry_run else "Applied"
    click.echo(f"{what} {', '.join(pending)}." if pending else "There is nothing to do.")


def _show(databases: list[Database]) -> None:
    for database in databases:
        click.echo(f"{database.path.name}{'' if database.is_there else ' (not there yet)'}")
        for each in database.standings:
            click.echo(f"  {each.name:24} step {each.done}, this release has {each.known}")


@store.command()
@click.option(
    "--quick", is_flag=True, help="Leave out whether indexes fit their tables, which takes most of the time."
)
@data_option
@json_option
@failures_in_words
def check(*, quick: bool, data: Path, as_json: bool) -> None:
    """Look whether both databases are whole, and whether what refers to something finds it. It mends nothing.

    Exits 0 when nothing is wrong, 1 when something is. The service may be running. `mailgauge audit` recounts the metrics.
    """
    from mailgauge.server.soundness import check as look

    directory = DataDirectory(data)
    directory.must_exist()
    with _progress(shown=not as_json) as shown:
        report = look(directory, quick=quick, shown=lambda what: shown(what, 0, 0))
    if as_json:
        faults = [{"fault": each.text, "advice": each.advice} for each in report.faults]
        click.echo(
            orjson.dumps({"sound": not faults, "looked_at": report.looked_at, "faults": faults}).decode()
        )
    else:
        for each in report.faults:
            click.echo(f"{click.style('PROBLEM', fg='red')}  {each.text}")
            click.echo(f"         {each.advice}")
        looked_at = ", ".join(report.looked_at)
        count = len(report.faults)
        click.echo(f"{_problems(count)}. Looked at: {looked_at}.")
    sys.exit(1 if report.faults else 0)


@store.command()
@click.argument("target", type=click.Path(path_type=Path))
@data_option
@json_option
@failures_in_words
def backup(target: Path, data: Path, *, as_json: bool) -> None:
    """Copy both databases to TARGET, as they are now: a new directory, or one file if its name ends in .tar.

    The service may be running. TARGET gets its name when all of it is on disk. The master key is left out.
    """
    from mailgauge.server.backing_up import back_up

    directory = DataDirectory(data)
    directory.must_exist()
    with _progress(shown=not as_json) as shown:
        made = back_up(directory, target, directory.open_clock().real(), shown)
    click.echo(_BACKUP_KEY.format(_key_path(data)), err=True)
    if as_json:
        click.echo(orjson.dumps({"target": str(target), **_as_json(made)}).decode())
    else:
        click.echo(
            f"Backed up to {target}: {_size(made.size)}, the journal up to entry {made.head}, the metrics up to {made.position}."
        )


@store.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@data_option
@json_option
@failures_in_words
def restore(source: Path, data: Path, *, as_json: bool) -> None:
    """Put a backup into a data directory that holds no data. Everything is checked first."""
    from mailgauge.server.restoring import restore as put_back

    with _progress(shown=not as_json) as shown:
        made = put_back(source, DataDirectory(data), shown)
    if not _key_path(data).exists():
        click.echo(_RESTORE_KEY.format(_key_path(data)), err=True)
    if as_json:
        click.echo(orjson.dumps({"data": str(data), **_as_json(made)}).decode())
        return
    click.echo(f"Restored to {data} what release {made.release} backed up at {moment(made.made)}.")
    if made.waiting:
        click.echo(
            f"{made.waiting} rows are queued: what has been sent of them after the backup will be sent again."
        )


def _problems(count: int) -> str:
    return f"{count} problem{'s' if count > 1 else ''}" if count else "Nothing is wrong"


def _key_path(data: Path) -> Path:
    import os

    from mailgauge.iam.secrets import key_file

    return key_file(data, os.environ.get("MAILGAUGE_MASTER_KEY_FILE"))


def _as_json(manifest: Any) -> dict[str, Any]:
    return {
        "made": moment(manifest.made),
        "release": manifest.release,
        "bytes": manifest.size,
        "head": manifest.head,
        "position": manifest.position,
        "waiting": manifest.waiting,
    }


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """What is being done, how much of it where that is known, and for how long."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    is_seen = shown and console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not is_seen) as progress:
        task = progress.add_task("", total=None)
        doing = ""

        def show(what: str, done: int, total: int) -> None:
            nonlocal doing, task
            if what != doing:
                doing = what
                progress.remove_task(task)
                task = progress.add_task(what, total=total or None)
            progress.update(task, completed=done)

        yield show
