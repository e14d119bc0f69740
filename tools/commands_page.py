"""The reference page of the command line (docs/reference/commands.md), made from the commands themselves."""

from collections.abc import Iterator

import click

from mailgauge.cli.main import main

HEAD = """# Commands

<!-- Made by `make docs` from the commands in src/mailgauge/cli. -->

`mailgauge COMMAND --help` prints the same.
"""

#: As wide as a page's code block; a terminal's own width would make the page differ from machine to machine.
WIDTH = 100


def commands_page() -> str:
    parts = [HEAD]
    for context in _contexts(main, None, "mailgauge"):
        parts += [
            f"## {context.command_path}",
            "",
            "```",
            context.command.get_help(context).rstrip(),
            "```",
            "",
        ]
    return "\n".join(parts)


def _contexts(command: click.Command, parent: click.Context | None, name: str) -> Iterator[click.Context]:
    """The command and everything below it, in the order of its own help."""
    context = click.Context(
        command, parent=parent, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield context
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _contexts(found, context, child)
