"""``mailgauge doctor``: looks for what is wrong with an installation, and says what to do. It changes nothing."""

import asyncio
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import apsw
import click

from mailgauge.base.health import Check, Finding, Level
from mailgauge.cli.arguments import config_option, data_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.config.load import load
from mailgauge.config.options import Config
from mailgauge.iam import keys
from mailgauge.iam.secrets import key_file
from mailgauge.server.checks import checks, checks_of
from mailgauge.server.data import DataDirectory
from mailgauge.server.reachability import reachability_checks
from mailgauge.server.scanning import largest_message_check
from mailgauge.server.storage import Storage
from mailgauge.server.topic_checks import topic_checks
from mailgauge.store.sqlite import StoreError

_MARKS = {Level.OK: ("ok", "green"), Level.WARNING: ("warning", "yellow"), Level.PROBLEM: ("PROBLEM", "red")}


@click.command()
@data_option
@config_option
@failures_in_words
def doctor(data: Path, file: Path | None) -> None:
    """Look for what is wrong with an installation. Exits 1 when there is a problem. The service may be running."""
    directory = DataDirectory(data)
    directory.must_exist()
    config = load(Config(), file, os.environ, {})
    storage = Storage.look(directory)
    try:
        clock = directory.open_clock()
        looks = [*checks(directory, storage.mail, storage.metrics, clock), *checks_of(config, clock)]
        looks += reachability_checks(config, storage.mail, clock)
        looks += topic_checks(config, storage.mail, clock, is_public=_has_accounts(storage))
        looks += largest_message_check(config.scan, config.limits.message_bytes_v2)
        findings = [*_of_machine(directory), *asyncio.run(_ask(looks))]
    finally:
        storage.close()
    for finding in findings:
        mark, colour = _MARKS[finding.level]
        click.echo(f"{click.style(f'{mark:8}', fg=colour)} {finding.check}: {finding.text}")
        if finding.advice:
            click.echo(f"         {finding.advice}")
    sys.exit(1 if any(finding.level is Level.PROBLEM for finding in findings) else 0)


def _has_accounts(storage: Storage) -> bool:
    """Without accounts it is the data of `local`, whose subscribers are on this machine."""
    try:
        return bool(storage.mail.read_now(keys.accounts))
    except (apsw.Error, StoreError):
        return True


async def _ask(looks: Sequence[Check]) -> list[Finding]:
    return [finding for look in looks for finding in await _answer(look)]


async def _answer(look: Check) -> list[Finding]:
    """What a damaged store can't answer is a finding, too: that is when a doctor is asked."""
    try:
        return await look()
    except (apsw.Error, StoreError) as error:
        return [Finding(getattr(look, "__name__", "check"), Level.PROBLEM, f"can't be looked at: {error}")]


def _of_machine(directory: DataDirectory) -> list[Finding]:
    return [_sqlite(), _integrity(directory), _master_key(directory), *_console()]


def _sqlite() -> Finding:
    return Finding("sqlite", Level.OK, f"SQLite {apsw.sqlite_lib_version()}, bundled")


def _integrity(directory: DataDirectory) -> Finding:
    for path in (directory.mail, directory.metrics):
        result = _quick_check(path)
        if result != "ok":
            return Finding(
                "integrity",
                Level.PROBLEM,
                f"{path.name}: {result}",
                "`mailgauge store check` says more. Restore the last good backup.",
            )
    return Finding("integrity", Level.OK, "mail.db and metrics.db are whole")


def _quick_check(path: Path) -> str:
    """``ok``, or what is wrong; some damage can't even be looked at."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return str(connection.execute("PRAGMA quick_check(1)").get)
        finally:
            connection.close()
    except apsw.Error as error:
        return str(error)


def _master_key(directory: DataDirectory) -> Finding:
    path = key_file(directory.path, os.environ.get("MAILGAUGE_MASTER_KEY_FILE"))
    if not path.exists():
        advice = "Put it back from where you keep it: without it access keys can't be verified."
        return Finding("master key", Level.PROBLEM, f"{path} is missing", advice)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding("master key", Level.PROBLEM, f"others can read {path}", f"chmod 600 {path}")
    return Finding("master key", Level.OK, f"{path}, readable by its owner alone")


def _console() -> list[Finding]:
    from mailgauge.console.app import BUILT_PAGE

    if (BUILT_PAGE / "index.html").exists():
        return [Finding("console", Level.OK, "built")]
    return [Finding("console", Level.WARNING, "the web console was not built", "Run `make console`.")]
