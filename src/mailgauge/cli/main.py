"""The ``mailgauge`` command. Each subcommand's module is loaded when it is called, so that starting stays quick."""

from importlib import import_module

import click

import mailgauge

_COMMANDS = {
    "serve": ("mailgauge.cli.serve", "serve", "Run the service; callers sign their requests."),
    "local": (
        "mailgauge.cli.serve",
        "local",
        "Run it on this machine for yourself: no signatures, nothing leaves.",
    ),
    "demo": (
        "mailgauge.cli.demo",
        "demo",
        "Send demonstration mail through a running service and show its metrics.",
    ),
    "mailbox": ("mailgauge.cli.mailbox", "mailbox", "List captured mail, or show one message."),
    "keys": ("mailgauge.cli.keys", "keys", "Make, list and disable access keys."),
    "audit": ("mailgauge.cli.audit", "audit_command", "Recount the journal and compare it with the metrics."),
    "backfill": (
        "mailgauge.cli.backfill",
        "backfill",
        "Compute a destination's metrics from before it was there.",
    ),
    "alarms": ("mailgauge.cli.alarms", "alarms", "Propose alarms for senders, or list the alarms there are."),
    "dashboards": ("mailgauge.cli.dashboards", "dashboards", "Put a ready dashboard."),
    "topics": (
        "mailgauge.cli.topics",
        "topics",
        "Show notifications that were not delivered, send them again.",
    ),
    "trace": ("mailgauge.cli.trace", "trace", "Tell a message's whole story: events, attempts, what waits."),
    "records": ("mailgauge.cli.records", "records", "Print the DNS records that domain identities want."),
    "forget": ("mailgauge.cli.forget", "forget", "Erase a recipient from everything but metrics."),
    "store": ("mailgauge.cli.store", "store", "Migrate, check, back up and restore the databases."),
    "doctor": ("mailgauge.cli.doctor", "doctor", "Look for what is wrong with an installation."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])


@click.group(cls=_Commands)
@click.version_option(mailgauge.__version__, prog_name="mailgauge")
def main() -> None:
    """Mailgauge: send email through the Amazon SES APIs, and read its metrics through CloudWatch's."""


if __name__ == "__main__":
    main()
