"""The first start on an empty data directory: a master key, and one account with one key, since nobody gets in by default."""

import secrets
from pathlib import Path

from mailgauge.iam import keys
from mailgauge.iam.policies import Policy
from mailgauge.iam.secrets import MasterKey
from mailgauge.store.transaction import Tx

FIRST_USER = "admin"


def open_master_key(tx: Tx, path: Path) -> MasterKey:
    """The master key of this store, made when nothing was sealed yet. Raises MasterKeyError, also for another's key.

    Making a new one beside keys that an old one sealed would hide that the old one is missing.
    """
    known = keys.list_keys(tx)
    if not known:
        return MasterKey.load_or_create(path)
    master = MasterKey.load(path)
    known[-1].reveal(master)
    return master


def first_key(tx: Tx, master: MasterKey, now: float) -> keys.NewKey | None:
    """Makes an account and its first key, to be shown once; None when there is any key, disabled ones included."""
    if keys.list_keys(tx):
        return None
    return keys.create(tx, master, account=new_account(), user_name=FIRST_USER, policy=Policy.FULL, now=now)


def new_account() -> str:
    """Twelve digits that don't start with a zero, so that no tool takes them for a shorter number."""
    return str(secrets.randbelow(9 * 10**11) + 10**11)
