"""What SNS calls each refusal: the one table of error codes."""

from typing import Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.sns.errors import (
    InvalidAttributeError,
    InvalidParameterError,
    NotAuthorizedError,
    NotFoundError,
    SnsError,
    TagLimitError,
    TopicLimitError,
    UnknownResourceError,
)

_CODES: Final = {
    InvalidParameterError: "InvalidParameter",
    InvalidAttributeError: "ParameterValueInvalid",
    NotFoundError: "NotFound",
    UnknownResourceError: "ResourceNotFound",
    NotAuthorizedError: "AuthorizationError",
    TopicLimitError: "TopicLimitExceeded",
    TagLimitError: "TagLimitExceeded",
}


def told(handler: Handler) -> Handler:
    """The handler, its refusals told as SNS tells them."""

    async def answer(caller: Caller, params: Params) -> Result:
        try:
            return await handler(caller, params)
        except SnsError as error:
            raise AwsError(code(error), str(error)) from error

    return answer


def code(error: SnsError) -> str:
    return next(code for kind, code in _CODES.items() if isinstance(error, kind))
