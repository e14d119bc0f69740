"""The error codes of what queues refuse."""

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.sqs import errors

_CODES: dict[type[errors.SqsError], str] = {
    errors.InvalidValueError: "InvalidParameterValue",
    errors.MissingError: "MissingParameter",
    errors.UnknownAttributeError: "InvalidAttributeName",
    errors.EncryptionError: "InvalidAttributeName",
    errors.InvalidAttributeError: "InvalidAttributeValue",
    errors.QueueNotFoundError: "QueueDoesNotExist",
    errors.QueueExistsError: "QueueNameExists",
    errors.NotAuthorizedError: "AccessDenied",
    errors.InvalidReceiptError: "ReceiptHandleIsInvalid",
    errors.InvalidContentsError: "InvalidMessageContents",
    errors.OverLimitError: "OverLimit",
}
_FORBIDDEN = 403


def translated(handler: Handler) -> Handler:
    """The handler, with refusals turned into errors of the API."""

    async def answer(caller: Caller, params: Params) -> Result:
        try:
            return await handler(caller, params)
        except errors.SqsError as error:
            raise to_aws(error) from error

    return answer


def to_aws(error: errors.SqsError) -> AwsError:
    status = _FORBIDDEN if isinstance(error, errors.NotAuthorizedError) else 400
    return AwsError(_CODES[type(error)], str(error), status=status)
