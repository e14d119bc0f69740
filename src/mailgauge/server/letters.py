"""Letters to the operator of the service (RFC 5321, section 4.5.1; RFC 2142): handed on as mail of the service itself.

The letter goes along as an attachment: sent on as it is it would fail its writer's DMARC policy.
"""

from mailgauge.base.clock import Clock
from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Wake
from mailgauge.iam.authentication import DEFAULT_REGION, OPEN_ACCOUNT
from mailgauge.inbound.listener import OnLetter
from mailgauge.mail import mime
from mailgauge.mail.address import decode_words
from mailgauge.mail.headers import first, split
from mailgauge.ses import system_mail
from mailgauge.smtp.server import Envelope
from mailgauge.store.transaction import Store, Tx

# No account owns it.
_SCOPE = Scope(OPEN_ACCOUNT, DEFAULT_REGION)
_MOST_HEADER = 64 * 1024


def forward(store: Store, clock: Clock, domain: str, operator: str, prepare: Wake) -> OnLetter:
    """A function that queues a letter for ``operator``, and returns once that is committed."""
    source = f"Mail Delivery System <MAILER-DAEMON@{domain}>"

    async def take(envelope: Envelope) -> None:
        now = clock.now()
        message_id = new_message_id(_SCOPE.region, now)
        about = system_mail.facts(message_id, _SCOPE, source, operator, now)
        content = mime.assemble(
            mime.SimpleMessage(
                from_=source,
                to=[operator],
                subject=f"Letter to {_line(', '.join(envelope.recipients))}: {_subject(envelope.content)}",
                text=f"From {_line(envelope.mail_from) or '<>'}, by {envelope.peer}. The letter is attached.\n",
                headers=[("Auto-Submitted", "auto-generated")],
                attachments=[mime.Attachment("letter.eml", envelope.content, "application/octet-stream")],
                date=now,
                message_id=f"<{message_id}@{domain}>",
            )
        )

        def keep(tx: Tx) -> None:
            system_mail.put(tx, about, content, now)

        await store.write(keep)
        prepare.set()

    return take


def _subject(raw: bytes) -> str:
    return _line(decode_words((first(split(raw[:_MOST_HEADER]).fields, "Subject") or "")[:200]))


def _line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:200]
