"""Which account a command means when none is named."""

import click

from mailgauge.iam import keys
from mailgauge.store.transaction import Tx

OPEN_ACCOUNT = "000000000000"
"""In the open mode there are no keys, and one account for callers that name none."""


def account_of(tx: Tx, named: str | None) -> str:
    """The account that --account names, or the account there is. Raises click.ClickException for what is none."""
    if named is None:
        return only_account(tx)
    if not keys.is_account(named):
        raise click.ClickException(f"an account has twelve digits, not {named!r}")
    return named


def only_account(tx: Tx) -> str:
    """The account there is. Raises click.ClickException where there are several."""
    accounts = keys.accounts(tx)
    if len(accounts) > 1:
        names = ", ".join(accounts)
        raise click.ClickException(f"there are {len(accounts)} accounts, name one with --account: {names}")
    return accounts[0] if accounts else OPEN_ACCOUNT
