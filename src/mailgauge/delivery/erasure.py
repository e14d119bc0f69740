"""Erases what the delivery of a message left behind: its content, and a person's name in the transcripts of its attempts."""

from collections.abc import Callable

import orjson

from mailgauge.base.ids import pack_message_id
from mailgauge.store.transaction import Tx


def is_waiting(tx: Tx, message_id: str) -> bool:
    """Whether some of it is still to be sent, and its content needed."""
    return bool(tx.run("SELECT 1 FROM queue WHERE message = ? LIMIT 1", (pack_message_id(message_id),)))


def erase_content(tx: Tx, message_id: str) -> bool:
    """False where there was none any more."""
    message = (pack_message_id(message_id),)
    return bool(tx.run("DELETE FROM content WHERE message = ? RETURNING 1", message))


def edit_attempts(tx: Tx, message_id: str, edit: Callable[[str], str]) -> int:
    """Puts all texts of its attempts through ``edit``; of how many attempts."""
    rows = tx.run(
        "SELECT id, failure, replies, dialogue FROM attempt WHERE message = ?", (pack_message_id(message_id),)
    )
    for row_id, failure, replies, dialogue in rows:
        tx.run(
            "UPDATE attempt SET failure = ?, replies = ?, dialogue = ? WHERE id = ?",
            (
                edit(failure),
                orjson.dumps(
                    {
                        edit(recipient): None if reply is None else [*reply[:-1], edit(reply[-1])]
                        for recipient, reply in orjson.loads(replies).items()
                    }
                ),
                None if dialogue is None else edit(dialogue.decode("utf-8", "replace")).encode(),
                row_id,
            ),
        )
    return len(rows)
