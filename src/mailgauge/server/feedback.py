"""Joins the feedback listener to SES: what was read in a report becomes events of the message, committed before the 250."""

from collections.abc import Awaitable, Callable

from mailgauge.base.clock import Clock
from mailgauge.inbound.feedback import Bounce, BouncedRecipient, Complaint, Feedback
from mailgauge.ses import feedback as ses
from mailgauge.ses.feedback import BounceReport, ComplaintReport
from mailgauge.store.transaction import Store


def recorder(store: Store, clock: Clock) -> Callable[[str, Feedback], Awaitable[None]]:
    async def record(message_id: str, found: Feedback) -> None:
        now = clock.now()
        match found:
            case Complaint():
                complaint = ComplaintReport(
                    found.key,
                    found.recipients,
                    found.feedback_type,
                    found.user_agent,
                    found.arrival_date,
                    found.provider_domain,
                )
                await store.write(lambda tx: ses.complain(tx, message_id, complaint, now))
            case Bounce():
                recipients = [_recipient(each) for each in found.recipients]
                bounce = BounceReport(found.key, recipients, found.bounce_class, found.reporting_mta)
                await store.write(lambda tx: ses.bounce(tx, message_id, bounce, now))

    return record


def _recipient(bounced: BouncedRecipient) -> dict[str, str]:
    given = {
        "emailAddress": bounced.email,
        "action": bounced.action,
        "status": bounced.status,
        "diagnosticCode": bounced.diagnostic_code,
    }
    return {name: value for name, value in given.items() if value is not None}
