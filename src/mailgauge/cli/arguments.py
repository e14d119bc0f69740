"""Options that several commands take, so that each has one name, one default and one description."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


ROLES = ("api", "submission", "inbound", "tracking", "delivery", "publisher", "alarms", "destinations")
"""What a process does. This release does all of it in one."""


def data_option(command: Command) -> Command:
    """``--data`` and ``--store``: where an installation is. Every command that opens the store takes them."""
    store = click.option(
        "--store",
        default="sqlite",
        envvar="MAILGAUGE_STORE",
        show_default=True,
        expose_value=False,
        callback=_only_sqlite,
        help="The engine of the store; this release has SQLite.",
    )
    data = click.option(
        "--data",
        type=click.Path(path_type=Path),
        envvar="MAILGAUGE_DATA",
        default=Path(".mailgauge"),
        show_default=True,
        help="The data directory.",
    )
    return data(store(command))


def config_option(command: Command) -> Command:
    """``--config``: the file of options."""
    return click.option(
        "--config", "file", type=click.Path(path_type=Path), envvar="MAILGAUGE_CONFIG", help="A TOML file."
    )(command)


def roles_option(command: Command) -> Command:
    """``--roles``: what this process does."""
    return click.option(
        "--roles",
        default=",".join(ROLES),
        envvar="MAILGAUGE_ROLES",
        expose_value=False,
        callback=_all_roles,
        help="What this process does; this release does everything in one.",
    )(command)


def _only_sqlite(context: click.Context, option: click.Parameter, value: str) -> None:
    if value != "sqlite":
        raise click.BadParameter("this release keeps its data in SQLite only", context, option)


def _all_roles(context: click.Context, option: click.Parameter, value: str) -> None:
    named = {each.strip() for each in value.split(",") if each.strip()}
    if unknown := sorted(named - set(ROLES)):
        raise click.BadParameter(
            f"there is no role {', '.join(unknown)}; roles are {', '.join(ROLES)}", context, option
        )
    if named != set(ROLES):
        raise click.BadParameter("this release does everything in one process: leave it out", context, option)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
