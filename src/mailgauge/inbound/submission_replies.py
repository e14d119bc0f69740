"""What the SMTP interface answers after DATA ("Amazon SES SMTP response codes"), from why SES took a message or not. Pure.

SES puts no enhanced status codes (RFC 3463) into its replies, so neither do these.
"""

from mailgauge.ses import errors, refusals

# 454 asks to try again later, 554 to change something first. The texts behind them are the APIs'.
_BEGINNINGS: dict[type[Exception], str] = {
    errors.SesError: "554 Transaction failed: ",
    errors.ConfigurationSetNotFoundError: "554 Configuration set does not exist: ",
    refusals.NotVerifiedError: "554 Message rejected: ",
    refusals.AccountPausedError: "554 Message rejected: ",
    refusals.ConfigurationSetPausedError: "554 Message rejected: ",
    refusals.MailFromNotVerifiedError: "554 MAIL FROM domain not verified: ",
    refusals.NotAuthorizedError: "554 Access denied: ",
    refusals.QuotaError: "454 Throttling failure: ",
}


def accepted(message_id: str) -> str:
    return f"250 Ok {message_id}"


def refused(error: errors.SesError) -> str:
    """The reply, in one line whatever the error quotes."""
    beginning = next(_BEGINNINGS[each] for each in type(error).__mro__ if each in _BEGINNINGS)
    text = str(error)
    if isinstance(error, refusals.QuotaError):
        text = text.removesuffix(".")
    if isinstance(error, refusals.NotAuthorizedError):
        # "User ARN is not ...", where the APIs write "User: ARN is not ...".
        text = text.replace(": ", " ")
    return beginning + text
