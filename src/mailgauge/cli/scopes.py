"""Which account a command means when none is named."""

import click

from mailgauge.iam import keys
from mailgauge.store.transaction import Tx

OPEN_ACCOUNT = "000000000000"
"""In the open mode there are no keys, and one account for callers that name none."""


def only_account(tx: Tx) -> str:
    """The account there is. Raises click.ClickException where there are several."""
    accounts = keys.accounts(tx)
    if len(accounts) > 1:
        names = ", ".join(accounts)
        raise click.ClickException(f"there are {len(accounts)} accounts, name one with --account: {names}")
    return accounts[0] if accounts else OPEN_ACCOUNT
