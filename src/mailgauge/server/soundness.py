"""Whether the databases of a data directory are whole and what refers to something finds it. It looks and mends nothing.

Each look is one snapshot, the metrics' before the mail's where both count. What metrics add up to is the audit's matter.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import apsw

from mailgauge.cloudwatch.alarms.unreadable import unreadable
from mailgauge.delivery import dangling
from mailgauge.destinations import notified
from mailgauge.events import journal
from mailgauge.iam import keys, webhook_secrets
from mailgauge.iam.secrets import MasterKey, MasterKeyError, key_file
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage, refuse_ahead
from mailgauge.ses import dkim, reactions, service_keys
from mailgauge.sns import signing_key
from mailgauge.store.sqlite import SqliteStore, StoreError
from mailgauge.store.transaction import Tx
from mailgauge.tsdb import catalogue

_MOST_FAULTS: Final = 20
_RESTORE: Final = "Stop the service, keep a copy of the data directory, and restore the last good backup (`mailgauge store restore`)."
_SEALED: Final = (keys.sealed, webhook_secrets.sealed, dkim.sealed, service_keys.sealed, signing_key.sealed)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and what to do about it."""

    text: str
    advice: str = _RESTORE


@dataclass(slots=True)
class Report:
    looked_at: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def check(directory: DataDirectory, *, quick: bool, shown: Callable[[str], None]) -> Report:
    """Raises StoreError for the data of another release."""
    storage = Storage.look(directory)
    mail, metrics = storage.mail, storage.metrics
    looks: dict[str, Callable[[], list[Fault]]] = {
        "metrics.db": partial(_in, metrics, partial(_integrity, "metrics.db", quick)),
        "mail.db": partial(_in, mail, partial(_integrity, "mail.db", quick)),
        "journal": partial(_in, mail, _journal),
        "positions": partial(_positions, storage),
        "queue": partial(_in, mail, _queue),
        "series": partial(_in, metrics, _series),
        "alarms": partial(_in, metrics, lambda tx: map(Fault, unreadable(tx))),
        "secrets": partial(_in, mail, partial(_secrets, directory)),
    }
    report = Report()
    try:
        for what, look in looks.items():
            shown(f"looking at {what}")
            report.looked_at.append(what)
            try:
                report.faults += look()
            except (apsw.Error, ValueError) as error:  # damage, which the first looks have more to say about
                report.faults.append(Fault(f"{what} can't be looked at: {error}"))
    finally:
        storage.close()
    return report


def _in(store: SqliteStore, look: Callable[[Tx], Iterator[Fault]]) -> list[Fault]:
    return store.read_now(lambda tx: list(look(tx)))


def _integrity(name: str, quick: bool, tx: Tx) -> Iterator[Fault]:
    """https://sqlite.org/pragma.html#pragma_integrity_check"""
    pragma = "quick_check" if quick else "integrity_check"
    for (text,) in tx.run(f"PRAGMA {pragma}({_MOST_FAULTS})"):
        if text != "ok":
            yield Fault(f"{name} is damaged: {text}")


def _journal(tx: Tx) -> Iterator[Fault]:
    beyond, gone = journal.missing(tx)
    if beyond:
        yield Fault(f"the journal has {beyond} entries behind its end, whose numbers will be given again")
    if gone:
        yield Fault(f"{gone} entries of the journal are missing, though none has expired")


def _positions(storage: Storage) -> list[Fault]:
    faults = []
    try:
        refuse_ahead(storage.mail, storage.metrics)
    except StoreError as error:
        faults.append(Fault(f"{error}.", "The service does not start so."))
    return [*faults, *_in(storage.mail, _consumers)]


def _consumers(tx: Tx) -> Iterator[Fault]:
    head = journal.head(tx)
    for consumer, position in (
        ("the publishing to topics", notified.position(tx)),
        ("the reactions to bounces and complaints", reactions.position(tx)),
    ):
        if position > head:
            yield Fault(f"{consumer} came to entry {position} of the journal, which ends at {head}")


def _queue(tx: Tx) -> Iterator[Fault]:
    if count := dangling.without_content(tx):
        yield Fault(
            f"the content of {count} queued messages is missing",
            "They can't be sent and bounce when their time is over. A backup from after they were accepted may have it.",
        )
    if count := dangling.with_torn_content(tx):
        yield Fault(f"parts of the content of {count} queued messages are missing")
    if count := dangling.without_facts(tx):
        yield Fault(f"of {count} queued messages nothing is known but their recipients")


def _series(tx: Tx) -> Iterator[Fault]:
    lacking, loose = catalogue.mismatches(tx)
    if lacking:
        yield Fault(f"{lacking} series of metrics are not to be found by all of their dimensions")
    if loose:
        yield Fault(f"{loose} entries of the index over dimensions are of series that are not there")


def _secrets(directory: DataDirectory, tx: Tx) -> Iterator[Fault]:
    found = [each for sealed in _SEALED for each in sealed(tx)]
    if not found:
        return
    path = key_file(directory.path, os.environ.get("MAILGAUGE_MASTER_KEY_FILE"))
    put_back = f"Put the master key of this installation at {path}, mode 0600, or name it in MAILGAUGE_MASTER_KEY_FILE."
    try:
        master = MasterKey.load(path)
    except MasterKeyError as error:
        yield Fault(f"{len(found)} secrets can't be opened: {error}", put_back)
        return
    for context, sealed_text in found:
        try:
            master.open(bytes(sealed_text), context)
        except MasterKeyError:
            yield Fault(f"the secret of {context} was not sealed by the master key at {path}", put_back)
