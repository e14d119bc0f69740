"""ARNs of SES resources: ``arn:PARTITION:ses:REGION:ACCOUNT:TYPE/NAME``."""

from mailgauge.base.scope import Scope

IDENTITY = "identity"
CONFIGURATION_SET = "configuration-set"
CONTACT_LIST = "contact-list"
TEMPLATE = "template"
DEDICATED_IP_POOL = "dedicated-ip-pool"
CUSTOM_VERIFICATION_TEMPLATE = "custom-verification-email-template"


def arn(scope: Scope, kind: str, name: str) -> str:
    return f"arn:{scope.partition}:ses:{scope.region}:{scope.account}:{kind}/{name}"


def parse(text: str) -> tuple[Scope, str, str] | None:
    """The scope, the type and the name in an ARN, or None for anything that is not one of SES."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "ses":
        return None
    kind, slash, name = parts[5].partition("/")
    return (Scope(parts[4], parts[3]), kind, name) if slash and name else None
