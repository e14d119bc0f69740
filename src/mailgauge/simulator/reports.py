"""The mail that simulated mailboxes send back, and the table it waits in: kept before the message is answered with 250.

So a complaint is never lost, and arrives after the delivery it is about. A report may be sent twice (its Message-ID
stays the same); whoever receives it counts it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from mailgauge.mail import arf, autoreply
from mailgauge.mail.mime import date_value
from mailgauge.mail.report import Cover
from mailgauge.simulator.outcomes import Act, outcome_of
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "simulator",
    (
        """CREATE TABLE simulator_report (
            id INTEGER PRIMARY KEY,
            return_path TEXT NOT NULL,
            content BLOB NOT NULL
        )""",
    ),
)
USER_AGENT = "Mailgauge-Mailbox-Simulator/1.0"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that simulated mailboxes have taken."""

    mail_from: str
    recipients: Sequence[str]
    peer: str
    content: bytes
    time: float


@dataclass(frozen=True, slots=True)
class WaitingReport:
    id: int
    return_path: str
    content: bytes


def reports_about(message: Delivered, hostname: str) -> list[bytes]:
    """One abuse report for all who complain, one answer for each who is away. None to the null sender."""
    if not message.mail_from:
        return []
    acts = {recipient: outcome_of(recipient.rpartition("@")[0]) for recipient in message.recipients}
    reports = []
    complaining = tuple(recipient for recipient, act in acts.items() if act is Act.COMPLAIN)
    if complaining:
        reports.append(_complaint(message, complaining, hostname))
    if autoreply.may_answer(message.content):
        reports += (
            _away(message, recipient, hostname) for recipient, act in acts.items() if act is Act.AUTO_REPLY
        )
    return reports


def _complaint(message: Delivered, complaining: tuple[str, ...], hostname: str) -> bytes:
    report = arf.AbuseReport(
        feedback_type="abuse",
        user_agent=USER_AGENT,
        original_rcpt_to=complaining,
        original_mail_from=message.mail_from,
        arrival_date=date_value(message.time),
        source_ip=message.peer,
    )
    return arf.build(
        report,
        _cover(message, f"complaints@{hostname}", "Abuse report", complaining, hostname),
        message.content,
    )


def _away(message: Delivered, recipient: str, hostname: str) -> bytes:
    cover = _cover(message, recipient, "Automatic reply: out of the office", (recipient,), hostname)
    return autoreply.build(
        cover, "I am out of the office and will read your message when I am back.\n", message.content
    )


def _cover(message: Delivered, from_: str, subject: str, about: tuple[str, ...], hostname: str) -> Cover:
    # The same message and recipients give the same Message-ID, so that a repeated report can be recognised.
    key = blake2b("\0".join([subject, message.mail_from, *about]).encode(), digest_size=16).hexdigest()
    return Cover(from_, message.mail_from, subject, date_value(message.time), f"<{key}@{hostname}>")


def keep(tx: Tx, return_path: str, reports: Sequence[bytes]) -> None:
    tx.many(
        "INSERT INTO simulator_report (return_path, content) VALUES (?, ?)",
        [(return_path, each) for each in reports],
    )


def newest(tx: Tx) -> int:
    """The id of the report that was kept last, 0 when none waits."""
    [(newest,)] = tx.run("SELECT coalesce(max(id), 0) FROM simulator_report")
    return int(newest)


def waiting(tx: Tx, after: int, up_to: int) -> list[WaitingReport]:
    rows = tx.run(
        "SELECT id, return_path, content FROM simulator_report WHERE id > ? AND id <= ? ORDER BY id LIMIT 100",
        (after, up_to),
    )
    return [WaitingReport(*row) for row in rows]


def done(tx: Tx, ids: Sequence[int]) -> None:
    tx.many("DELETE FROM simulator_report WHERE id = ?", [(each,) for each in ids])
