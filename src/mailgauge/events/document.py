"""The SES JSON document of an event: a pure function of the journal entry and the message's facts.

Sources: "Contents of event data that Amazon SES publishes to Amazon SNS" in the SES developer guide and, for what
identities notify of, "Amazon SNS notification contents".
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import EVENT_TYPE, Kind

# AWS's own samples of these two leave the message's headers out.
_WITHOUT_HEADERS = frozenset({Kind.DELIVERY_DELAY, Kind.RENDERING_FAILURE})
_NOTIFIED = frozenset({Kind.BOUNCE, Kind.COMPLAINT, Kind.DELIVERY})


def document(entry: Entry, facts: Facts) -> dict[str, Any]:
    """The event record as subscribers get it. Raises ValueError for an entry that is not an event."""
    if not entry.kind.is_event:
        raise ValueError(f"{entry.kind.name} is not an event")
    key, body = _BODIES[entry.kind](entry.detail, timestamp(entry.time))
    return {"eventType": EVENT_TYPE[entry.kind], "mail": _mail(entry, facts), key: body}


def notification(entry: Entry, facts: Facts, *, headers: bool) -> dict[str, Any]:
    """The record of a Bounce, Complaint or Delivery as the topic of an identity gets it: no tags, and headers only where
    they were asked for. Raises ValueError for other entries.
    """
    if entry.kind not in _NOTIFIED:
        raise ValueError(f"identities do not notify of {entry.kind.name}")
    key, body = _BODIES[entry.kind](entry.detail, timestamp(entry.time))
    return {
        "notificationType": EVENT_TYPE[entry.kind],
        key: body,
        "mail": _notified_mail(facts, headers=headers),
    }


def timestamp(milliseconds: int) -> str:
    """``2017-08-05T00:41:02.669Z``."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def _mail(entry: Entry, facts: Facts) -> dict[str, Any]:
    if entry.detail.get("beforeRendering"):
        facts = _before_rendering(facts)
    mail: dict[str, Any] = {"timestamp": timestamp(round(facts.time * 1000)), "source": facts.source}
    if facts.source_arn is not None:
        mail["sourceArn"] = facts.source_arn
    mail["sendingAccountId"] = facts.account
    mail["messageId"] = facts.message_id
    mail["destination"] = list(facts.destination)
    if entry.kind not in _WITHOUT_HEADERS:
        mail["headersTruncated"] = facts.headers_truncated
        mail["headers"] = [{"name": name, "value": value} for name, value in facts.headers]
        mail["commonHeaders"] = {**facts.common_headers, "messageId": facts.message_id}
    mail["tags"] = {**facts.tags, **entry.detail.get("tags", {})}
    return mail


def _notified_mail(facts: Facts, *, headers: bool) -> dict[str, Any]:
    mail: dict[str, Any] = {"timestamp": timestamp(round(facts.time * 1000)), "source": facts.source}
    if facts.source_arn is not None:
        mail["sourceArn"] = facts.source_arn
    for member, tag in (("sourceIp", "ses:source-ip"), ("callerIdentity", "ses:caller-identity")):
        if facts.tags.get(tag):
            mail[member] = facts.tags[tag][0]
    mail["sendingAccountId"] = facts.account
    mail["messageId"] = facts.message_id
    mail["destination"] = list(facts.destination)
    if headers:
        own = next((value for name, value in facts.headers if name.lower() == "message-id"), facts.message_id)
        mail["headersTruncated"] = facts.headers_truncated
        mail["headers"] = [{"name": name, "value": value} for name, value in facts.headers]
        mail["commonHeaders"] = {**facts.common_headers, "messageId": own}
    return mail


def _before_rendering(facts: Facts) -> Facts:
    """SES makes the Send event of a templated message before it renders it: no subject yet, and no ARN of the identity."""
    return msgspec.structs.replace(
        facts,
        source_arn=None,
        headers=[(name, value) for name, value in facts.headers if name.lower() != "subject"],
        common_headers={name: value for name, value in facts.common_headers.items() if name != "subject"},
    )


def _present(detail: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: detail[name] for name in names if detail.get(name) is not None}


def _send(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "send", {}


def _delivery(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "delivery", {
        "timestamp": at,
        "processingTimeMillis": detail["processingTimeMillis"],
        "recipients": detail["recipients"],
        "smtpResponse": detail["smtpResponse"],
        **_present(detail, "remoteMtaIp", "reportingMTA"),
    }


def _bounce(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "bounce", {
        "feedbackId": detail["feedbackId"],
        "bounceType": detail["bounceType"],
        "bounceSubType": detail["bounceSubType"],
        "bouncedRecipients": detail["recipients"],
        "timestamp": at,
        **_present(detail, "remoteMtaIp", "reportingMTA"),
    }


def _complaint(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "complaint", {
        "feedbackId": detail["feedbackId"],
        "complaintSubType": detail.get("complaintSubType"),
        "complainedRecipients": [{"emailAddress": address} for address in detail["recipients"]],
        "timestamp": at,
        **_present(detail, "userAgent", "complaintFeedbackType", "arrivalDate"),
    }


def _reject(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "reject", {"reason": detail["reason"]}


def _open(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "open", {"timestamp": at, **_present(detail, "ipAddress", "userAgent", "isBotEvent")}


def _click(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "click", {
        "timestamp": at,
        **_present(detail, "ipAddress", "userAgent", "link", "isBotEvent"),
        "linkTags": detail.get("linkTags"),
    }


def _failure(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "failure", {"templateName": detail["templateName"], "errorMessage": detail["errorMessage"]}


def _delivery_delay(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "deliveryDelay", {
        "timestamp": at,
        "delayType": detail["delayType"],
        "expirationTime": timestamp(detail["expires"]),
        "delayedRecipients": detail["recipients"],
        **_present(detail, "reportingMTA"),
    }


def _subscription(detail: dict[str, Any], at: str) -> tuple[str, dict[str, Any]]:
    return "subscription", {
        "contactList": detail["contactList"],
        "timestamp": at,
        **_present(detail, "source", "newTopicPreferences", "oldTopicPreferences"),
    }


_BODIES = {
    Kind.SEND: _send,
    Kind.DELIVERY: _delivery,
    Kind.BOUNCE: _bounce,
    Kind.COMPLAINT: _complaint,
    Kind.REJECT: _reject,
    Kind.OPEN: _open,
    Kind.CLICK: _click,
    Kind.RENDERING_FAILURE: _failure,
    Kind.DELIVERY_DELAY: _delivery_delay,
    Kind.SUBSCRIPTION: _subscription,
}
