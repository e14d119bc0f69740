"""The status of one destination of a bulk send, in the spelling of each API (``ses/BulkEmailStatus``, ``sesv2/BulkEmailStatus``)."""

from typing import NamedTuple

from mailgauge.ses import errors, refusals
from mailgauge.ses.bulk import Sent, UnknownFailureError


class Status(NamedTuple):
    v1: str
    v2: str


SUCCESS = Status("Success", "SUCCESS")
_STATUS: dict[type[Exception], Status] = {
    errors.SesError: Status("Failed", "FAILED"),
    UnknownFailureError: Status("TransientFailure", "TRANSIENT_FAILURE"),
    errors.InvalidParameterError: Status("InvalidParameterValue", "INVALID_PARAMETER"),
    errors.TemplateNotFoundError: Status("TemplateDoesNotExist", "TEMPLATE_NOT_FOUND"),
    errors.ConfigurationSetNotFoundError: Status(
        "ConfigurationSetDoesNotExist", "CONFIGURATION_SET_NOT_FOUND"
    ),
    refusals.ConfigurationSetPausedError: Status(
        "ConfigurationSetSendingPaused", "CONFIGURATION_SET_SENDING_PAUSED"
    ),
    refusals.AccountPausedError: Status("AccountSendingPaused", "ACCOUNT_SENDING_PAUSED"),
    refusals.DailyQuotaError: Status("AccountDailyQuotaExceeded", "ACCOUNT_DAILY_QUOTA_EXCEEDED"),
    refusals.SendRateError: Status("AccountThrottled", "ACCOUNT_THROTTLED"),
    refusals.MailFromNotVerifiedError: Status("MailFromDomainNotVerified", "MAIL_FROM_DOMAIN_NOT_VERIFIED"),
    refusals.NotAuthorizedError: Status("MessageRejected", "MESSAGE_REJECTED"),
    # The sandbox refuses a recipient with this status, though the model has it for viruses.
    refusals.NotVerifiedError: Status("MessageRejected", "MESSAGE_REJECTED"),
}


def status_of(sent: Sent) -> Status:
    if isinstance(sent, str):
        return SUCCESS
    return next(_STATUS[each] for each in type(sent).__mro__ if each in _STATUS)
