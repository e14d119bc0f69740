"""Custom verification email templates and their mail (``sesv2/CreateCustomVerificationEmailTemplate`` and its siblings)."""

from mailgauge.aws.request import Handler
from mailgauge.ses.api.custom_verification import TaggedTemplates, sender
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.v2.errors import translated
from mailgauge.ses.verification_sending import VerificationSending


def custom_verification_operations(parts: Parts) -> dict[str, Handler]:
    return TaggedTemplates(parts.store, parts.limits, "PageSize").operations()


def custom_verification_sending(sending: VerificationSending) -> dict[str, Handler]:
    return {"SendCustomVerificationEmail": translated(sender(sending))}
