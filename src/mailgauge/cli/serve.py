"""``mailgauge serve`` and ``mailgauge local``: read the configuration, run the service, end at SIGTERM or Ctrl-C."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from mailgauge.base import log
from mailgauge.cli.arguments import config_option, data_option, roles_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.config.load import load, mistyped
from mailgauge.config.options import Config, local_defaults
from mailgauge.server.ground import Mode
from mailgauge.server.service import Service

_FILES = 65_536
"""Files and connections that may be open at once, where the system has no lower limit."""

Command = TypeVar("Command", bound=Callable[..., Any])

_HAND_OUT = """
This installation has no access key yet. Its first (shown this once):

  account                {account}
  export AWS_ACCESS_KEY_ID={access_key_id}
  export AWS_SECRET_ACCESS_KEY={secret}
"""


def _options(command: Command) -> Command:
    """The flags of both commands; what is not given comes from the environment, the file, or the defaults."""
    flags = [
        data_option,
        config_option,
        roles_option,
        click.option("--listen", metavar="HOST:PORT", help="HTTP. Port 0 picks a free one."),
        click.option("--smtp", metavar="HOST:PORT", help="SMTP submission with STARTTLS."),
        click.option("--smtps", metavar="HOST:PORT", help="SMTP submission over TLS from the first byte."),
        click.option("--inbound", metavar="HOST:PORT", help="SMTP for bounces and complaints."),
        click.option("--capture", metavar="HOST:PORT", help="An SMTP server here that gets captured mail instead."),
        click.option("--verification", type=click.Choice(["automatic", "mail"]), help="How identities are verified."),
        click.option("--sandbox/--no-sandbox", default=None, help="Recipients must be verified too; 200 in 24 hours, 1 a second."),
        click.option("--max-24-hour-send", type=float, help="Recipients in 24 hours; -1 is unlimited."),
        click.option("--max-send-rate", type=float, help="Recipients a second; 0 is unlimited."),
        click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"])),
    ]  # fmt: skip
    for flag in reversed(flags):
        command = flag(command)
    return command


@click.command()
@_options
@failures_in_words
def serve(data: Path, file: Path | None, **flags: Any) -> None:
    """Run the service. Every request must be signed with one of its access keys (see `mailgauge keys`)."""
    config = load(Config(), file, os.environ, _flags(flags), may_leave=True)
    _run(Mode.SERVE, config, data)


@click.command()
@_options
@click.option(
    "--host", "hosts", multiple=True, help="A Host header to accept besides loopback's; may be repeated."
)
@click.option(
    "--allow-remote", is_flag=True, default=None, help="Allow a listen address that is not loopback."
)
@click.option("--demo", is_flag=True, help="Send demonstration mail once it runs, and show its metrics.")
@failures_in_words
def local(data: Path, file: Path | None, hosts: tuple[str, ...], demo: bool, **flags: Any) -> None:
    """Run it on this machine for yourself.

    Signatures are not checked, identities verify at once, mail is captured and never leaves. Only this machine's own
    programs get in, not the web pages you visit.
    """
    config = load(
        local_defaults(), file, os.environ, _flags(flags) | {("server", "hosts"): list(hosts) or None}
    )
    _run(Mode.LOCAL, config, data, demo=demo)


def _flags(given: dict[str, Any]) -> dict[tuple[str, str], Any]:
    sections = {
        "listen": "server", "smtp": "server", "smtps": "server", "inbound": "server", "allow_remote": "server", "capture": "delivery",
        "verification": "accounts", "sandbox": "accounts", "max_24_hour_send": "accounts", "max_send_rate": "accounts",
    }  # fmt: skip
    flags = {(sections[name], name): value for name, value in given.items() if name in sections}
    return flags | {("log", "level"): given.get("log_level")}


def _run(mode: Mode, config: Config, data: Path, *, demo: bool = False) -> None:
    for text in mistyped(os.environ):
        _warn(text)
    log.set_up(config.log.level)
    _allow_many_files()
    try:
        import uvloop
    except ImportError:  # there is none for some systems; asyncio's own loop does as well
        asyncio.run(_serve(mode, config, data, demo=demo))
    else:
        uvloop.run(_serve(mode, config, data, demo=demo))


def _allow_many_files() -> None:
    """As many as the system lets us have: the usual 1024 are fewer than the connections that the listeners take together."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # some systems have a lower limit that they don't tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def _serve(mode: Mode, config: Config, data: Path, *, demo: bool) -> None:
    service = Service(mode, config, data)
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    await service.start()
    _collect_rarely()
    try:
        sys.stdout.write(orjson.dumps(service.addresses()).decode() + "\n")
        sys.stdout.flush()
        for text in service.warnings():
            _warn(text)
        if service.first_key is not None:
            key = service.first_key
            sys.stderr.write(
                _HAND_OUT.format(
                    account=key.key.account, access_key_id=key.key.access_key_id, secret=key.secret
                )
            )
        if demo:
            await _demonstrate(service, ending)
        await ending.wait()
    finally:
        await service.stop()


def _collect_rarely() -> None:
    """Of the messages under way the garbage collector would look at all again and again, though next to nothing is in cycles."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _warn(text: str) -> None:
    end = "" if text.endswith((".", "?")) else "."
    click.secho(f"WARNING: {text}{end}", fg="yellow", bold=True, err=True)


async def _demonstrate(service: Service, ending: asyncio.Event) -> None:
    """Runs ``mailgauge demo`` as a program of its own: it is a client like any other."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mailgauge.cli.main",
        "demo",
        "--endpoint",
        service.http_url,
        start_new_session=True,
    )
    waits = [asyncio.ensure_future(child.wait()), asyncio.ensure_future(ending.wait())]
    _, unfinished = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in unfinished:
        wait.cancel()
    if child.returncode is None:
        child.terminate()
        await child.wait()
    elif child.returncode == 0:
        click.echo("\nServing until Ctrl-C.")
    else:
        click.echo("\nThe demonstration failed (see above). Serving until Ctrl-C.", err=True)
