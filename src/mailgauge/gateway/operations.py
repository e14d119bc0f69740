"""The operations that are implemented, and the steps every call takes whichever way it came in: HTTP or the console."""

from collections.abc import Mapping

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler
from mailgauge.iam.authentication import Identity
from mailgauge.iam.policies import action_prefix, allows, denial

Services = Mapping[str, Mapping[str, Handler]]
"""service (``sesv2``) -> operation (``SendEmail``) -> handler."""

LINKED = frozenset({("sns", "ConfirmSubscription"), ("sns", "Unsubscribe")})
"""What the links in notifications lead to: these operations also answer requests that nobody signed."""

# The code that each service's own model has for a failure of ours.
_INTERNAL = {
    "sesv2": "InternalServiceErrorException",
    "cloudwatch": "InternalServiceError",
    "sns": "InternalError",
}


def authorize(identity: Identity, service: str, operation: str) -> None:
    """Raises AccessDenied when the caller's policy doesn't allow the operation."""
    if not allows(identity.policy, service, operation):
        text = denial(identity.caller.arn, service, operation, _resource(identity.caller, service))
        raise AwsError("AccessDenied", text, status=403)


def find_handler(services: Services, service: str, operation: str, protocol: str) -> Handler:
    """The handler, or an error naming an operation that the model has and we haven't."""
    handler = services.get(service, {}).get(operation)
    if handler is None:
        code = "InvalidAction" if protocol == "query" else "UnknownOperationException"
        raise AwsError(code, f"The action {operation} of {service} is not implemented by Mailgauge.")
    return handler


def unavailable() -> AwsError:
    """For what the disk does not let us do: SDKs try again."""
    return AwsError("ServiceUnavailable", "The service can't store anything now. Try again.", status=503)


def internal_failure(service: str, request_id: str) -> AwsError:
    """What the caller learns of a failure of ours: nothing but where the log has it."""
    text = f"An internal error occurred. The log of the service has it under request id {request_id}."
    return AwsError(_INTERNAL.get(service, "InternalFailure"), text, status=500)


def _resource(caller: Caller, service: str) -> str:
    # Policies here don't look at resources, so a denial is about all of them.
    scope = caller.scope
    return f"arn:{scope.partition}:{action_prefix(service)}:{scope.region}:{scope.account}:*"
