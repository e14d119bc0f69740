"""The error codes of API v2 for what SES refuses."""

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.destinations.rules import InvalidDestinationError
from mailgauge.ses import errors, refusals

_CODES: dict[type[Exception], str] = {
    errors.SesError: "BadRequestException",
    errors.NotFoundError: "NotFoundException",
    errors.AlreadyExistsError: "AlreadyExistsException",
    errors.LimitExceededError: "LimitExceededException",
    refusals.NotVerifiedError: "MessageRejected",
    refusals.NotAuthorizedError: "AccessDeniedException",
    refusals.MailFromNotVerifiedError: "MailFromDomainNotVerifiedException",
    refusals.ConfigurationSetPausedError: "SendingPausedException",
    refusals.AccountPausedError: "SendingPausedException",
    refusals.QuotaError: "TooManyRequestsException",
    InvalidDestinationError: "BadRequestException",
}


def translated(handler: Handler) -> Handler:
    """The handler, with refusals turned into errors of this API."""

    async def answer(caller: Caller, params: Params) -> Result:
        try:
            return await handler(caller, params)
        except (errors.SesError, InvalidDestinationError) as error:
            raise to_aws(error) from error

    return answer


def to_aws(error: Exception) -> AwsError:
    code = next(_CODES[each] for each in type(error).__mro__ if each in _CODES)
    status = 403 if isinstance(error, refusals.NotAuthorizedError) else 400
    return AwsError(code, str(error), status=status)
