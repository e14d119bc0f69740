"""From an HTTP request to its answer: route, authenticate, authorize, parse, validate, call, serialize.

Every failure becomes an error in the protocol the caller speaks; one that isn't an AwsError is logged and told as an
internal one, without what went wrong.
"""

import logging

from mailgauge.aws import serialize, sigv4
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest, HttpResponse
from mailgauge.aws.parse import parse
from mailgauge.aws.routing import Route, Router, RoutingError
from mailgauge.base.ids import new_request_id
from mailgauge.gateway import validation
from mailgauge.gateway.operations import (
    LINKED,
    Services,
    authorize,
    find_handler,
    internal_failure,
    unavailable,
)
from mailgauge.iam.authentication import Authenticator
from mailgauge.store.transaction import StoreUnavailableError

log = logging.getLogger(__name__)

# What a failure is told to when not even the route is known.
_UNROUTED = RoutingError(AwsError("InternalFailure"), "query")


class Gateway:
    """The AWS APIs of one endpoint."""

    def __init__(self, router: Router, authenticator: Authenticator, services: Services) -> None:
        self._router = router
        self._authenticator = authenticator
        self._services = services

    async def handle(self, request: HttpRequest) -> HttpResponse:
        request_id = new_request_id()
        asked: Route | RoutingError = _UNROUTED
        try:
            asked = route = self._router.route(request)
            return await self._perform(route, request, request_id)
        except RoutingError as error:
            return serialize.error(error, error, request_id)
        except AwsError as error:
            return serialize.error(asked, error, request_id)
        except StoreUnavailableError as error:
            log.error("operation refused", extra={**_named(asked, request_id), "reason": str(error)})  # noqa: TRY400 - the disk's fault, not the code's
            return serialize.error(asked, unavailable(), request_id)
        except Exception:
            log.exception("operation failed", extra=_named(asked, request_id))
            return serialize.error(asked, internal_failure(asked.service, request_id), request_id)

    def refuse(self, request: HttpRequest, error: AwsError) -> HttpResponse:
        """The answer to a request that is turned away before it is looked at, in its protocol as far as one can tell."""
        try:
            asked: Route | RoutingError = self._router.route(request)
        except RoutingError as unknown:
            asked = unknown
        return serialize.error(asked, error, new_request_id())

    async def _perform(self, route: Route, request: HttpRequest, request_id: str) -> HttpResponse:
        signing_name = route.service_model.signing_name
        try:
            if (route.service, route.operation) in LINKED and not _is_signed(request):
                identity = self._authenticator.anonymous(request, request_id)
            else:
                identity = await self._authenticator.authenticate(request, signing_name, request_id)
        except AwsError as error:
            _note_refusal(request, error, request_id)
            raise
        authorize(identity, route.service, route.operation)
        handler = find_handler(self._services, route.service, route.operation, route.protocol)
        params = parse(route, request)
        validation.check(route.service, route.operation, route.model.input_shape, params)
        result = await handler(identity.caller, params)
        return serialize.result(route, result, request_id)


def _is_signed(request: HttpRequest) -> bool:
    return "authorization" in request.headers or "X-Amz-Algorithm=" in request.query


def _named(asked: Route | RoutingError, request_id: str) -> dict[str, object]:
    return {
        "request_id": request_id,
        "service": asked.service,
        "operation": asked.model and asked.model.name,
    }


def _note_refusal(request: HttpRequest, error: AwsError, request_id: str) -> None:
    """Who was turned away, for the operator. The signature isn't logged, and what was signed neither."""
    claimed = sigv4.claim(request)
    access_key_id = claimed.access_key_id[:128] if claimed else ""
    details = {"access_key_id": access_key_id, "source_ip": request.client_ip, "reason": error.code}
    log.info("signature refused", extra={"request_id": request_id, **details})
