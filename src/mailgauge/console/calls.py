"""AWS operations for the page: JSON in, the gateway's in-process client, JSON out. Not a way around any rule of the APIs.

The JSON is that of AWS's JSON 1.0: members by their names, timestamps as seconds since the epoch, blobs in base64.
"""

import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from mailgauge.aws.errors import AwsError
from mailgauge.aws.models import Models, ServiceModel
from mailgauge.aws.parse.json import JsonReaders, load
from mailgauge.aws.parse.values import MalformedError
from mailgauge.aws.request import Caller, Params, Result
from mailgauge.aws.serialize.json import JsonWriters
from mailgauge.gateway.operations import unavailable
from mailgauge.iam.policies import Policy
from mailgauge.store.transaction import StoreUnavailableError

if TYPE_CHECKING:
    from botocore.model import OperationModel

log = logging.getLogger(__name__)


class GatewayClient(Protocol):
    """The gateway without HTTP: authorizes, validates and calls, as for a request that came by the wire."""

    async def call(
        self, caller: Caller, service: str, operation: str, params: Params, policy: Policy
    ) -> Result:
        """Raises AwsError."""


class ApiCalls:
    """``services`` are the APIs that may be called, by botocore's names."""

    def __init__(self, client: GatewayClient, models: Models, services: Collection[str]) -> None:
        self._client = client
        self._models = models
        self._services = frozenset(services)

    async def answer(
        self, caller: Caller, policy: Policy, service: str, operation: str, body: bytes
    ) -> tuple[int, bytes]:
        """Status and JSON body; errors as AWS words them, ``{"__type": code, "message": text}``."""
        model = self._models.load(service) if service in self._services else None
        found = None if model is None else model.operation(operation)
        if model is None or found is None:
            return 404, error_body("UnknownOperationException", f"There is no {service} {operation}.")
        try:
            params = _read(model, found, body)
            result = await self._client.call(caller, service, operation, params, policy)
            return 200, orjson.dumps(_written(model, found, result))
        except AwsError as error:
            shape = model.error(error.code, found)
            return error.status if shape is None else shape.status, error_body(error.code, error.message)
        except StoreUnavailableError as error:
            log.error("console call refused", extra={"operation": operation, "reason": str(error)})  # noqa: TRY400 - the disk's fault, not the code's
            refusal = unavailable()
            return refusal.status, error_body(refusal.code, refusal.message)
        except Exception:
            log.exception(
                "console call failed",
                extra={"service": service, "operation": operation, "request_id": caller.request_id},
            )
            text = f"The service failed. Its log has the reason under request id {caller.request_id}."
            return 500, error_body("InternalFailure", text)


def error_body(code: str, message: str | None) -> bytes:
    return orjson.dumps({"__type": code, "message": message or ""})


def _read(model: ServiceModel, operation: "OperationModel", body: bytes) -> Params:
    if operation.input_shape is None:
        return {}
    try:
        params: Params = model.plans(JsonReaders).reader(operation.input_shape)(load(body))
    except (MalformedError, RecursionError) as error:
        raise AwsError("SerializationException", str(error)) from error
    return params


def _written(model: ServiceModel, operation: "OperationModel", result: Result) -> Mapping[str, Any]:
    if operation.output_shape is None:
        return {}
    document: Mapping[str, Any] = model.plans(JsonWriters).writer(operation.output_shape)(result)
    return document
