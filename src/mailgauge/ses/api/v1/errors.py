"""The error codes of API v1 for what SES refuses."""

from typing import Any

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.destinations.definitions import CloudWatchTarget, FirehoseTarget, SnsTarget
from mailgauge.destinations.rules import InvalidDestinationError, InvalidTargetError
from mailgauge.ses import errors, identity_errors, refusals

_CODES: dict[type[Exception], str] = {
    errors.InvalidParameterError: "InvalidParameterValue",
    errors.ConfigurationSetNotFoundError: "ConfigurationSetDoesNotExistException",
    errors.ConfigurationSetExistsError: "ConfigurationSetAlreadyExistsException",
    errors.EventDestinationNotFoundError: "EventDestinationDoesNotExistException",
    errors.EventDestinationExistsError: "EventDestinationAlreadyExistsException",
    errors.TemplateNotFoundError: "TemplateDoesNotExistException",
    errors.InvalidTemplateError: "InvalidTemplateException",
    errors.InvalidRenderingDataError: "InvalidRenderingParameterException",
    errors.MissingAttributeError: "MissingRenderingAttributeException",
    errors.LimitExceededError: "LimitExceededException",
    errors.AlreadyExistsError: "AlreadyExistsException",
    errors.SesError: "InvalidParameterValue",
    identity_errors.InvalidPolicyError: "InvalidPolicyException",
    identity_errors.InvalidContentError: "CustomVerificationEmailInvalidContentException",
    identity_errors.FromNotVerifiedError: "FromEmailAddressNotVerifiedException",
    identity_errors.NoProductionAccessError: "ProductionAccessNotGrantedException",
    identity_errors.VerificationTemplateExistsError: "CustomVerificationEmailTemplateAlreadyExistsException",
    identity_errors.VerificationTemplateNotFoundError: "CustomVerificationEmailTemplateDoesNotExistException",
    identity_errors.InvalidTrackingOptionsError: "InvalidTrackingOptionsException",
    identity_errors.TrackingOptionsExistError: "TrackingOptionsAlreadyExistsException",
    identity_errors.TrackingOptionsNotFoundError: "TrackingOptionsDoesNotExistException",
    refusals.NotVerifiedError: "MessageRejected",
    refusals.NotAuthorizedError: "AccessDenied",
    refusals.MailFromNotVerifiedError: "MailFromDomainNotVerifiedException",
    refusals.ConfigurationSetPausedError: "ConfigurationSetSendingPausedException",
    refusals.AccountPausedError: "AccountSendingPausedException",
    refusals.QuotaError: "Throttling",
    InvalidDestinationError: "InvalidParameterValue",
}
_TARGETS: dict[type[object], str] = {
    CloudWatchTarget: "InvalidCloudWatchDestinationException",
    SnsTarget: "InvalidSNSDestinationException",
    FirehoseTarget: "InvalidFirehoseDestinationException",
}


def translated(handler: Handler) -> Handler:
    """The handler, with refusals turned into errors of this API."""

    async def answer(caller: Caller, params: Params) -> Result:
        try:
            return await handler(caller, params)
        except (errors.SesError, InvalidDestinationError) as error:
            raise to_aws(error, params) from error

    return answer


def to_aws(error: Exception, params: Params) -> AwsError:
    """The error of this API; ``params`` give the names that some errors carry as members."""
    if isinstance(error, InvalidTargetError):
        code = _TARGETS.get(error.target, "InvalidParameterValue")
        return AwsError(code, str(error), members=_destination(params))
    code = next(_CODES[each] for each in type(error).__mro__ if each in _CODES)
    status = 403 if isinstance(error, refusals.NotAuthorizedError) else 400
    return AwsError(code, str(error), status=status, members=_members(error, params))


def _destination(params: Params) -> dict[str, Any]:
    return {
        "ConfigurationSetName": params.get("ConfigurationSetName"),
        "EventDestinationName": params.get("EventDestination", {}).get("Name"),
    }


def _members(error: Exception, params: Params) -> dict[str, Any]:
    match error:
        case errors.EventDestinationNotFoundError() | errors.EventDestinationExistsError():
            return {"ConfigurationSetName": error.configuration_set, "EventDestinationName": error.name}
        case (
            errors.ConfigurationSetNotFoundError()
            | errors.ConfigurationSetExistsError()
            | refusals.ConfigurationSetPausedError()
        ):
            return {"ConfigurationSetName": error.name}
        case errors.TemplateNotFoundError() | errors.InvalidTemplateError():
            return {"TemplateName": error.name}
        case errors.InvalidRenderingDataError() | errors.MissingAttributeError():
            return {"TemplateName": params.get("TemplateName")}
        case identity_errors.FromNotVerifiedError():
            return {"FromEmailAddress": error.address}
        case (
            identity_errors.VerificationTemplateExistsError()
            | identity_errors.VerificationTemplateNotFoundError()
        ):
            return {"CustomVerificationEmailTemplateName": error.name}
        case identity_errors.TrackingOptionsExistError() | identity_errors.TrackingOptionsNotFoundError():
            return {"ConfigurationSetName": error.name}
        case errors.TemplateExistsError():
            return {"Name": error.name}
    return {}
