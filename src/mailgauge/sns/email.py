"""Subscribers by ``email`` and ``email-json``: notifications are mail of the service itself, through the queue of all mail."""

from collections.abc import Callable
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.sns import deliveries
from mailgauge.sns.arns import parse_topic
from mailgauge.sns.deliveries import Delivery, Kind
from mailgauge.sns.envelope import Envelopes
from mailgauge.store.transaction import Store, Tx

SendMail = Callable[[Tx, Scope, str, str, str], None]
"""Queues a mail in the transaction it is given: scope, recipient, subject, text."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where people confirm and end subscriptions, each a function of a delivery. Opening them alone changes nothing."""

    confirm: Callable[[Delivery], str]
    unsubscribe: Callable[[Delivery], str]


class EmailEndpoint:
    """The mail is queued and the delivery done in one transaction, so none is sent twice."""

    def __init__(self, store: Store, send: SendMail, links: Links, envelopes: Envelopes) -> None:
        self._store = store
        self._send = send
        self._links = links
        self._envelopes = envelopes

    async def deliver(self, delivery: Delivery) -> None:
        is_json = delivery.subscribed == "email-json" and delivery.kind is Kind.Notification
        body = f"{await self._envelopes.text(delivery)}\n" if is_json else self._letter(delivery)
        subject = subject_of(delivery)

        def queue(tx: Tx) -> None:
            if deliveries.is_as_leased(tx, delivery):
                self._send(tx, delivery.scope, delivery.endpoint, subject, body)
                deliveries.done(tx, delivery)

        await self._store.write(queue)

    def _letter(self, delivery: Delivery) -> str:
        name = title_of(delivery)
        if delivery.kind is Kind.SubscriptionConfirmation:
            return (
                f"Somebody asked for notifications of {name} to be sent to this address.\n\n"
                "If you want them, open this link and confirm:\n\n"
                f"{self._links.confirm(delivery)}\n\n"
                "If you did not ask for this, ignore this message: no notifications are sent then.\n"
            )
        if delivery.kind is Kind.UnsubscribeConfirmation:
            return (
                f"Notifications of {name} are no longer sent to this address.\n\n"
                f"To get them again, open this link and confirm:\n\n{self._links.confirm(delivery)}\n"
            )
        return (
            f"{delivery.body}\n\n--\nThis is a notification of {name}. To get no more of them, open this link:\n"
            f"{self._links.unsubscribe(delivery)}\n"
        )


def subject_of(delivery: Delivery) -> str:
    name = title_of(delivery)
    if delivery.kind is Kind.SubscriptionConfirmation:
        return f"Confirm notifications of {name}"
    if delivery.kind is Kind.UnsubscribeConfirmation:
        return f"No more notifications of {name}"
    return delivery.message.subject or f"Notification of {name}"


def title_of(delivery: Delivery) -> str:
    """What people are told the topic is called, in one line whatever its owner made of it."""
    topic = parse_topic(delivery.topic_arn)
    shown = "".join(
        each if each.isprintable() else " " for each in delivery.topic_settings.get("DisplayName", "")
    )
    return shown.strip() or (topic[1] if topic else delivery.topic_arn)
