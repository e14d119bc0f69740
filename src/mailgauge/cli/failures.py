"""Failures of a command in words: what the operator can mend is one line and exit status 1, never a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import apsw
import click

from mailgauge.config.addresses import AddressError
from mailgauge.config.load import ConfigError
from mailgauge.dns.resolver import NameServerError
from mailgauge.iam.keys import KeyProblemError
from mailgauge.iam.secrets import MasterKeyError
from mailgauge.server.backup_files import BackupError
from mailgauge.server.data import DataDirectoryError
from mailgauge.server.tls import CertificateError
from mailgauge.store.migrations import NewerStoreError
from mailgauge.store.sqlite import StoreError

_EXPECTED = (
    AddressError,
    BackupError,
    CertificateError,
    ConfigError,
    DataDirectoryError,
    KeyProblemError,
    MasterKeyError,
    NameServerError,
    NewerStoreError,
    StoreError,
)


def failures_in_words(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except _EXPECTED as error:
            raise click.ClickException(str(error)) from error
        except apsw.Error as error:
            advice = "`mailgauge doctor` says what is wrong with it"
            raise click.ClickException(f"the database can't be used: {error}; {advice}") from error

    return run
