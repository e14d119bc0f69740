"""Custom verification email templates and their mail (``ses/CreateCustomVerificationEmailTemplate`` and its siblings)."""

from mailgauge.aws.request import Handler
from mailgauge.ses.api.custom_verification import Templates, sender
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.v1.errors import translated
from mailgauge.ses.verification_sending import VerificationSending


def custom_verification_operations(parts: Parts) -> dict[str, Handler]:
    return Templates(parts.store, parts.limits, "MaxResults").operations()


def custom_verification_sending(sending: VerificationSending) -> dict[str, Handler]:
    return {"SendCustomVerificationEmail": translated(sender(sending))}
