"""Options that several commands take, so that each has one name, one default and one description."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """``--data``: where an installation is."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path),
        envvar="MAILGAUGE_DATA",
        default=Path(".mailgauge"),
        show_default=True,
        help="The data directory.",
    )(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
