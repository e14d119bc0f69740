"""The form of SES's event documents: for each type the key of its own part, and what stands there always."""

import re
from typing import Any

FORM = {
    "Send": ("send", set()),
    "Delivery": (
        "delivery",
        {"timestamp", "processingTimeMillis", "recipients", "smtpResponse", "reportingMTA"},
    ),
    "Bounce": ("bounce", {"bounceType", "bounceSubType", "bouncedRecipients", "timestamp", "feedbackId"}),
    "Complaint": (
        "complaint",
        {"complainedRecipients", "timestamp", "feedbackId", "complaintFeedbackType", "userAgent"},
    ),
    "Reject": ("reject", {"reason"}),
    "Open": ("open", {"timestamp", "userAgent", "ipAddress"}),
    "Click": ("click", {"timestamp", "userAgent", "ipAddress", "link", "linkTags"}),
    "Rendering Failure": ("failure", {"templateName", "errorMessage"}),
    "DeliveryDelay": ("deliveryDelay", {"timestamp", "delayType", "expirationTime", "delayedRecipients"}),
    "Subscription": (
        "subscription",
        {"contactList", "timestamp", "source", "newTopicPreferences", "oldTopicPreferences"},
    ),
}


def check_form(document: dict[str, Any]) -> None:
    kind = document["eventType"]
    key, always = FORM[kind]
    assert set(document) == {"eventType", "mail", key}, kind
    assert always <= set(document[key]), kind
    mail = document["mail"]
    assert re.fullmatch(r"\d{12}", mail["sendingAccountId"])
    for moment in (mail["timestamp"], document[key].get("timestamp", mail["timestamp"])):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
