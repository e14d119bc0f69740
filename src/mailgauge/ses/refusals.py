"""Why a send is refused, beyond what ``errors`` has for every operation; texts are SES's own (ses/SendEmail).

SesError
├── NotVerifiedError             From, Source, Return-Path, or a recipient in the sandbox
├── NotAuthorizedError           by the policies of another account's identity
├── MailFromNotVerifiedError
├── ConfigurationSetPausedError
├── AccountPausedError
└── QuotaError                   in 24 hours, or per second
"""

from collections.abc import Sequence

from mailgauge.ses.errors import SesError

_MOST_SHOWN = 10


class NotVerifiedError(SesError):
    """Addresses that belong to no verified identity of the account in this Region."""

    def __init__(self, region: str, addresses: Sequence[str]) -> None:
        shown = ", ".join(addresses[:_MOST_SHOWN]) + (", ..." if len(addresses) > _MOST_SHOWN else "")
        super().__init__(
            "Email address is not verified. The following identities failed the check in region "
            f"{region.upper()}: {shown}"
        )


class NotAuthorizedError(SesError):
    """The identity is another account's, and its policies don't let the caller use it."""


class MailFromNotVerifiedError(SesError):
    def __init__(self, domain: str) -> None:
        super().__init__(f"The MAIL FROM domain <{domain}> is not verified.")


class ConfigurationSetPausedError(SesError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Sending is paused for configuration set {name}")
        self.name = name


class AccountPausedError(SesError):
    def __init__(self) -> None:
        super().__init__("Email sending is disabled for this account.")


class QuotaError(SesError):
    """An account may not send so much, for now."""


class DailyQuotaError(QuotaError):
    def __init__(self) -> None:
        super().__init__("Daily message quota exceeded.")


class SendRateError(QuotaError):
    def __init__(self) -> None:
        super().__init__("Maximum sending rate exceeded.")
