"""Mail of the service itself, such as address verification: through the same queue as all mail, without events or quota."""

from collections.abc import Callable

from mailgauge.base.clock import Clock
from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from mailgauge.delivery import contents, queue
from mailgauge.delivery.retry import RETRY_PERIOD
from mailgauge.delivery.row import Row, Stage
from mailgauge.events import journal
from mailgauge.events.facts import Facts
from mailgauge.mail import mime
from mailgauge.store.transaction import Tx


def system_mail(
    clock: Clock, service: str, domain: str, woken: Callable[[], None]
) -> Callable[[Tx, Scope, str, str, str], None]:
    """A function that queues a mail in the transaction it is given: scope, recipient, subject, text.

    ``woken`` hints, from any thread, that there is mail to prepare.
    """
    source = f"{service} <no-reply@{domain}>"

    def send(tx: Tx, scope: Scope, to: str, subject: str, text: str) -> None:
        now = clock.now()
        message_id = new_message_id(scope.region, now)
        message = mime.SimpleMessage(
            from_=source,
            to=[to],
            subject=subject,
            text=text,
            headers=[("Auto-Submitted", "auto-generated")],
            date=now,
            message_id=f"<{message_id}@{domain}>",
        )
        put(tx, facts(message_id, scope, source, to, now), mime.assemble(message), now)
        tx.after_commit(woken)

    return send


def facts(message_id: str, scope: Scope, source: str, to: str, now: float) -> Facts:
    return Facts(
        message_id=message_id,
        time=now,
        account=scope.account,
        region=scope.region,
        source=source,
        destination=[to],
        tags={},
        is_system=True,
    )


def put(tx: Tx, about: Facts, content: bytes, now: float) -> None:
    """Queues a mail of the service; ``about`` says to whom it goes."""
    for number, piece in enumerate(contents.pieces(content)):
        contents.put_piece(tx, about.message_id, number, piece)
    journal.put_facts(tx, about)
    row = Row(
        message_id=about.message_id,
        stage=Stage.PREPARE,
        scope=Scope(about.account, about.region),
        configuration_set=None,
        accepted=now,
        expires=now + RETRY_PERIOD,
        custom_expiry=False,
        is_system=True,
        due=now,
    )
    # At the end, as the facts: who shares the transaction would lease it without them.
    queue.add_at_end(tx, [row])
