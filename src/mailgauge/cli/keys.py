"""``mailgauge keys``: make, list and disable access keys in a data directory, also while the service is running.

``keys smtp`` shows what a mail program is to be told to send with a key, ``keys webhook`` what receivers of webhooks are.
"""

import asyncio
import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from mailgauge.cli.arguments import config_option, data_option, json_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.cloudwatch.alarms.actions import standard_webhooks
from mailgauge.config.addresses import is_address, several, split_address
from mailgauge.config.load import load
from mailgauge.config.options import Config
from mailgauge.iam import bootstrap, webhook_secrets
from mailgauge.iam import keys as access_keys
from mailgauge.iam.authentication import DEFAULT_REGION, OPEN_ACCOUNT
from mailgauge.iam.keys import AccessKey, KeyProblemError, NewKey
from mailgauge.iam.policies import Policy
from mailgauge.iam.schema import SCHEMA
from mailgauge.iam.secrets import key_file
from mailgauge.iam.smtp_passwords import derive
from mailgauge.server.data import DataDirectory
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx


@click.group()
def keys() -> None:
    """Make, list and disable access keys."""


@keys.command()
@data_option
@click.option("--account", help="Twelve digits. Default: the account there is; a new one when there is none.")
@click.option("--name", required=True, help="The user name, which ses:caller-identity reports.")
@click.option(
    "--policy",
    type=click.Choice([policy.value for policy in Policy]),
    default=Policy.FULL.value,
    show_default=True,
    help="What the key may do: everything, send mail, or look.",
)
@json_option
@failures_in_words
def create(data: Path, account: str | None, name: str, policy: str, as_json: bool) -> None:
    """Make a key. Its secret is shown this once."""
    master_file = key_file(data, os.environ.get("MAILGAUGE_MASTER_KEY_FILE"))
    now = DataDirectory(data).open_clock().now()

    def work(tx: Tx) -> tuple[NewKey, bool]:
        master = bootstrap.open_master_key(tx, master_file)
        known = access_keys.accounts(tx)
        chosen = account or _only_account(known)
        made = access_keys.create(tx, master, account=chosen, user_name=name, policy=Policy(policy), now=now)
        return made, chosen not in known

    with _store(data, must_exist=False) as store:
        made, is_new_account = asyncio.run(store.write(work))
    if is_new_account:
        click.echo(f"Made account {made.key.account}.", err=True)
    if as_json:
        _print_json({**_as_json(made.key), "SecretAccessKey": made.secret})
    else:
        click.echo(f"A key of {name} in account {made.key.account}, policy {policy}:", err=True)
        click.echo(f"export AWS_ACCESS_KEY_ID={made.key.access_key_id}")
        click.echo(f"export AWS_SECRET_ACCESS_KEY={made.secret}")
        click.echo("The secret is kept sealed and can't be shown again.", err=True)
        click.echo(f"To send by SMTP: mailgauge keys smtp --data {data} {made.key.access_key_id}", err=True)


@keys.command("list")
@data_option
@json_option
@failures_in_words
def list_(data: Path, as_json: bool) -> None:
    """List the keys, without their secrets."""
    with _store(data) as store:
        found = store.read_now(access_keys.list_keys)
    if as_json:
        _print_json([_as_json(key) for key in found])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Access key", "Account", "User", "Policy", "Created", "Status")
    for key in found:
        status = "active" if key.disabled is None else f"disabled {_day(key.disabled)}"
        table.add_row(
            key.access_key_id, key.account, key.user_name, key.policy.value, _day(key.created), status
        )
    # A pipe gets whole ids, however narrow it pretends to be.
    console = Console()
    console.print(table) if console.is_terminal else Console(width=160).print(table)


@keys.command()
@data_option
@click.argument("access_key_id")
@json_option
@failures_in_words
def disable(data: Path, access_key_id: str, as_json: bool) -> None:
    """Disable a key for good. A running service refuses it within a second."""
    now = DataDirectory(data).open_clock().now()
    with _store(data) as store:
        key = asyncio.run(store.write(lambda tx: access_keys.disable(tx, access_key_id, now)))
    if as_json:
        _print_json(_as_json(key))
    else:
        click.echo(f"{key.access_key_id} of {key.user_name} in account {key.account} is disabled.")


@keys.command(short_help="Show a key's SMTP credentials.")
@data_option
@config_option
@click.argument("access_key_id", required=False)
@click.option(
    "--region",
    "regions",
    multiple=True,
    help="The Region that mail is sent in; may be repeated. Default: us-east-1.",
)
@json_option
@failures_in_words
def smtp(
    data: Path, file: Path | None, access_key_id: str | None, regions: tuple[str, ...], as_json: bool
) -> None:
    """Show the SMTP credentials of a key, for each Region another password.

    They follow from its secret as Amazon derives them, so they work as long as the key does. Without ACCESS_KEY_ID, those
    of the only key.
    """
    config = load(Config(), file, os.environ, {})
    wanted = regions or (DEFAULT_REGION,)
    if unknown := [each for each in wanted if each not in config.accounts.regions]:
        raise KeyProblemError(f"[accounts] regions does not name {', '.join(unknown)}")
    master_file = key_file(data, os.environ.get("MAILGAUGE_MASTER_KEY_FILE"))

    def look(tx: Tx) -> tuple[AccessKey, str]:
        key = _active_key(tx, access_key_id)
        return key, key.reveal(bootstrap.open_master_key(tx, master_file))

    with _store(data) as store:
        key, secret = store.read_now(look)
    found = [{"Region": region, "Password": derive(secret, region)} for region in wanted]
    servers = {"StartTls": _servers(config, config.server.smtp), "Tls": _servers(config, config.server.smtps)}
    if as_json:
        _print_json([{**each, "UserName": key.access_key_id, **servers} for each in found])
        return
    click.echo(f"server, STARTTLS   {', '.join(servers['StartTls']) or 'none'}")
    click.echo(f"server, TLS        {', '.join(servers['Tls']) or 'none'}")
    click.echo(f"user name          {key.access_key_id}")
    for each in found:
        click.echo(f"password           {each['Password']}  {each['Region']}")


@keys.command(short_help="Show what webhooks of alarms are signed with.")
@data_option
@click.option("--account", help="Twelve digits. Default: the account there is.")
@click.option(
    "--rotate", is_flag=True, help="Make a new one. The old one stays in force beside it for a day."
)
@json_option
@failures_in_words
def webhook(data: Path, account: str | None, rotate: bool, as_json: bool) -> None:
    """Show the secret that the webhooks of an account's alarms are signed with.

    Receivers verify signatures with it, in any library for Standard Webhooks. It is made when it is first asked for.
    """
    master_file = key_file(data, os.environ.get("MAILGAUGE_MASTER_KEY_FILE"))
    now = DataDirectory(data).open_clock().now()

    def work(tx: Tx) -> tuple[str, list[bytes]]:
        master = bootstrap.open_master_key(tx, master_file)
        # Without accounts it is the data of `local`, where everybody has this one.
        chosen = account or _only_account(access_keys.accounts(tx) or [OPEN_ACCOUNT])
        if not access_keys.is_account(chosen):
            raise KeyProblemError(f"an account has twelve digits, not {chosen!r}")
        make = webhook_secrets.rotate if rotate else webhook_secrets.ensure
        return chosen, make(tx, master, chosen, now)

    with _store(data) as store:
        chosen, found = asyncio.run(store.write(work))
    shown = [standard_webhooks.shown(each) for each in found]
    if as_json:
        _print_json({"Account": chosen, "Secret": shown[0], "Replaced": shown[1:]})
        return
    click.echo(f"account            {chosen}")
    click.echo(f"secret             {shown[0]}")
    for each in shown[1:]:
        click.echo(f"replaced by it     {each}")


@contextmanager
def _store(data: Path, *, must_exist: bool = True) -> Iterator[SqliteStore]:
    """The open store. A key may be made before the first start, but in a directory that somebody made."""
    directory = DataDirectory(data)
    if must_exist or not data.is_dir():
        directory.must_have_mail()
    store = SqliteStore.open(directory.mail, [SCHEMA, webhook_secrets.SCHEMA])
    try:
        yield store
    finally:
        store.close()


def _only_account(accounts: list[str]) -> str:
    if len(accounts) > 1:
        raise KeyProblemError(
            f"there are {len(accounts)} accounts, name one with --account: {', '.join(accounts)}"
        )
    return accounts[0] if accounts else bootstrap.new_account()


def _active_key(tx: Tx, access_key_id: str | None) -> AccessKey:
    if access_key_id is not None:
        key = access_keys.find(tx, access_key_id)
        if key is None or key.disabled is not None:
            raise KeyProblemError(
                f"there is no key {access_key_id}" if key is None else f"{access_key_id} is disabled"
            )
        return key
    active = [key for key in access_keys.list_keys(tx) if key.disabled is None]
    if len(active) != 1:
        raise KeyProblemError(
            f"name one of the keys: {', '.join(key.access_key_id for key in active)}"
            if active
            else "there is no key in use; `mailgauge keys create` makes one"
        )
    return active[0]


def _servers(config: Config, addresses: str) -> list[str]:
    """``HOST:PORT`` as a mail program is to be told it: who listens everywhere is called by the service's name."""
    found = []
    for host, port in map(split_address, several(addresses)):
        everywhere = is_address(host) and ipaddress.ip_address(host).is_unspecified
        name = config.service.domain if everywhere else f"[{host}]" if ":" in host else host
        found.append(f"{name}:{port}")
    return found


def _as_json(key: AccessKey) -> dict[str, str]:
    return {
        "AccessKeyId": key.access_key_id,
        "Account": key.account,
        "UserName": key.user_name,
        "Policy": key.policy.value,
        "Status": "Active" if key.disabled is None else "Inactive",
        "CreateDate": datetime.fromtimestamp(key.created, UTC).isoformat(timespec="seconds"),
    }


def _print_json(value: object) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _day(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M")
