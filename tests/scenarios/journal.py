"""What subscribers would be told, read from the data directory of a service that may be running."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mailgauge.events import journal
from mailgauge.events.document import document
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.store.transaction import Tx
from tests.scenarios.service import wait_until

Document = dict[str, Any]


def documents(data: Path, message_id: str) -> list[Document]:
    """The SES JSON of every event of a message, in the order they happened."""

    def work(tx: Tx) -> list[Document]:
        entries = [entry for entry in journal.of_message(tx, message_id) if entry.kind.is_event]
        facts = journal.get_facts(tx, [message_id])
        return [document(entry, facts[message_id]) for entry in entries]

    with _looking(data) as storage:
        return storage.mail.read_now(work)


def kinds(found: Sequence[Document]) -> list[str]:
    return [each["eventType"] for each in found]


def event(data: Path, message_id: str, kind: str, seconds: float = 30.0) -> Document:
    """The first event of that type, once there is one."""
    found = wait_until(
        lambda: documents(data, message_id), lambda so_far: kind in kinds(so_far), seconds=seconds
    )
    return next(each for each in found if each["eventType"] == kind)


@contextmanager
def _looking(data: Path) -> Iterator[Storage]:
    storage = Storage.look(DataDirectory(data))
    try:
        yield storage
    finally:
        storage.close()
