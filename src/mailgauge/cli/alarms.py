"""``mailgauge alarms``: proposes the alarms every sender should have, and lists those there are. The service may be running."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from mailgauge.base.scope import Scope
from mailgauge.cli.arguments import data_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.cli.plain import moment, on_one_line
from mailgauge.cli.scopes import account_of
from mailgauge.cloudwatch.alarms import composite_store, mute, store, suggest
from mailgauge.cloudwatch.alarms.alarm import Alarm, Configuration
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm
from mailgauge.cloudwatch.alarms.filters import Filter
from mailgauge.cloudwatch.alarms.suggest import SuggestionError
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import METRICS, Storage
from mailgauge.ses import configuration_sets
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx

Command = TypeVar("Command", bound=Callable[..., Any])

_ALL = -1


def _scope_options(command: Command) -> Command:
    account = click.option("--account", help="Twelve digits. Default: the account there is.")
    region = click.option(
        "--region", default="us-east-1", show_default=True, help="The Region of the alarms."
    )
    return account(region(command))


@click.group()
def alarms() -> None:
    """Alarms: those that every sender should have, and those there are."""


@alarms.command(name="suggest", short_help="Propose alarms on bounce and complaint rate.")
@_scope_options
@click.option(
    "--set", "sets", multiple=True, help="A configuration set to watch beside the account; repeatable."
)
@click.option("--topic", "topics", multiple=True, help="The ARN of a topic that is told; repeatable.")
@click.option("--mail", "addresses", multiple=True, help="An address that is told; repeatable.")
@click.option("--pause", "pauses", is_flag=True, help="Let the higher thresholds pause sending.")
@click.option("--create", is_flag=True, help="Make them. Without it they are only shown.")
@click.option("--replace", is_flag=True, help="With --create: also those that are there and differ.")
@data_option
@failures_in_words
def suggest_alarms(
    *,
    account: str | None,
    region: str,
    sets: tuple[str, ...],
    topics: tuple[str, ...],
    addresses: tuple[str, ...],
    pauses: bool,
    create: bool,
    replace: bool,
    data: Path,
) -> None:
    """Propose alarms on the bounce and the complaint rate, at the thresholds that SES judges senders by.

    A warning at 5 % bounces and 0.1 % complaints, and another at 10 % and 0.5 %, where --pause stops sending by itself.
    They say nothing while nothing is sent, and mail to the simulator is in no rate. Run again, it makes what is missing
    and leaves the rest alone. The service may be running.
    """
    directory = DataDirectory(data)
    directory.must_exist()
    looking = Storage.look(directory)
    try:
        scope = Scope(looking.mail.read_now(lambda tx: account_of(tx, account)), region)
        notes = looking.mail.read_now(lambda tx: _about_sets(tx, scope, sets))
        wanted = _suggested(scope, sets, topics, addresses, pauses=pauses)
        there = looking.metrics.read_now(
            lambda tx: {each.name: store.get(tx, scope, each.name) for each in wanted}
        )
    finally:
        looking.close()
    for each in wanted:
        _show(each, there[each.name])
    for note in (*notes, *_about_actions(wanted)):
        click.echo(note)
    due = [each for each in wanted if _is_due(each, there[each.name], replace=replace)]
    if create:
        _put(directory, scope, due)
        click.echo(f"{len(due)} alarms were put in account {scope.account}, Region {region}.")
    else:
        click.echo("Nothing was changed. With --create they are made.")
    if any(_differs(each, there[each.name]) for each in wanted) and not (create and replace):
        click.echo("Those that are there and differ stay as they are without --create --replace.")


@alarms.command(name="list", short_help="List the alarms with their states and reasons.")
@_scope_options
@data_option
@failures_in_words
def list_alarms(account: str | None, region: str, data: Path) -> None:
    """List alarms of both types by name: the state of each, since when it is in it, and why."""
    directory = DataDirectory(data)
    directory.must_exist()
    looking = Storage.look(directory)
    now_ms = int(directory.open_clock().now() * 1000)
    try:
        scope = Scope(looking.mail.read_now(lambda tx: account_of(tx, account)), region)
        lines = looking.metrics.read_now(lambda tx: _lines(tx, scope, now_ms))
    finally:
        looking.close()
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo(f"There are no alarms in account {scope.account}, Region {region}.")


def _suggested(
    scope: Scope, sets: Sequence[str], topics: Sequence[str], addresses: Sequence[str], *, pauses: bool
) -> list[Configuration]:
    tells = [*topics, *(suggest.mail_action(scope, each) for each in addresses)]
    try:
        return [
            alarm
            for name in (None, *dict.fromkeys(sets))
            for alarm in suggest.suggested(scope, name, tells, pauses=pauses)
        ]
    except SuggestionError as error:
        raise click.ClickException(str(error)) from error


def _about_sets(tx: Tx, scope: Scope, names: Sequence[str]) -> list[str]:
    """What is to be known of the configuration sets. Raises click.ClickException for one that is not there."""
    notes = []
    for name in dict.fromkeys(names):
        found = configuration_sets.current(tx, scope, name)
        if found is None:
            raise click.ClickException(
                f"there is no configuration set {name} in account {scope.account}, Region {scope.region}"
            )
        if not found.options.reputation_metrics:
            notes.append(
                f"{name} publishes no rates yet: PutConfigurationSetReputationOptions switches its reputation metrics on."
            )
    return notes


def _about_actions(wanted: Sequence[Configuration]) -> list[str]:
    """What the alarms don't do, since nobody has asked for it."""
    notes = []
    if not any(each.ok_actions for each in wanted):
        notes.append("They tell nobody: --mail and --topic name who is told.")
    if all(each.alarm_actions == each.ok_actions for each in wanted):
        notes.append("None of them pauses sending: --pause lets those do it that are called so.")
    return notes


def _show(wanted: Configuration, there: Alarm | None) -> None:
    standing = (
        "new" if there is None else "is there" if there.configuration == wanted else "is there, and differs"
    )
    click.echo(f"{wanted.name}: {suggest.condition(wanted)} ({standing})")
    for action in wanted.alarm_actions:
        click.echo(f"  {action}")


def _is_due(wanted: Configuration, there: Alarm | None, *, replace: bool) -> bool:
    return there is None or (replace and _differs(wanted, there))


def _differs(wanted: Configuration, there: Alarm | None) -> bool:
    return there is not None and there.configuration != wanted


def _put(directory: DataDirectory, scope: Scope, due: Sequence[Configuration]) -> None:
    now_ms = int(directory.open_clock().now() * 1000)

    def put(tx: Tx) -> None:
        for each in due:
            store.put(tx, scope, each, actions_enabled=True, tags=(), now_ms=now_ms)

    metrics = SqliteStore.open(directory.metrics, METRICS)
    try:
        asyncio.run(metrics.write(put))
    finally:
        metrics.close()


def _lines(tx: Tx, scope: Scope, now_ms: int) -> list[str]:
    found: list[Alarm | CompositeAlarm] = [
        *store.find(tx, scope, Filter(), limit=_ALL),
        *composite_store.find(tx, scope, Filter(), limit=_ALL),
    ]
    return [_line(tx, alarm, now_ms) for alarm in sorted(found, key=lambda alarm: alarm.name)]


def _line(tx: Tx, alarm: Alarm | CompositeAlarm, now_ms: int) -> str:
    until = mute.muted_until(tx, alarm.scope, alarm.name, now_ms)
    muted = "" if until is None else f" (muted until {moment(until / 1000)})"
    state, since = alarm.state.value.value, moment(alarm.state.transitioned / 1000)
    return f"{state} since {since}{muted}: {on_one_line(alarm.name)}: {on_one_line(alarm.state.reason)}"
