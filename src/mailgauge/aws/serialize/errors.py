"""Errors in each protocol's form: which code, shape, status and headers an AwsError becomes.

A modelled error takes its status and codes from the model. Errors of the framework (signatures, validation, unknown
operations) have one name in the query protocol and another in the others; either may be raised.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpResponse
from mailgauge.aws.models import ErrorShape, ServiceModel
from mailgauge.aws.serialize import cbor, json
from mailgauge.aws.serialize.restjson import JSON
from mailgauge.aws.serialize.xml import XmlWriters, escape

if TYPE_CHECKING:
    from botocore.model import OperationModel

_CBOR = "smithy-rpc-v2-cbor"
_FRAMEWORK = (
    # query code, name elsewhere, namespace
    ("ValidationError", "ValidationException", "com.amazon.coral.validate"),
    ("InvalidAction", "UnknownOperationException", "com.amazon.coral.service"),
    ("MalformedInput", "SerializationException", "com.amazon.coral.service"),
    ("AccessDenied", "AccessDeniedException", "com.amazon.coral.service"),
    ("InvalidClientTokenId", "UnrecognizedClientException", "com.amazon.coral.service"),
    ("SignatureDoesNotMatch", "InvalidSignatureException", "com.amazon.coral.service"),
    ("IncompleteSignature", "IncompleteSignatureException", "com.amazon.coral.service"),
    ("MissingAuthenticationToken", "MissingAuthenticationTokenException", "com.amazon.coral.service"),
    ("Throttling", "ThrottlingException", "com.amazon.coral.availability"),
    ("InternalFailure", "InternalFailure", "com.amazon.coral.service"),
)
_BY_QUERY_CODE = {row[0]: row for row in _FRAMEWORK}
_BY_NAME = {row[1]: row for row in _FRAMEWORK}


class Target(Protocol):
    """What an answer needs to know of the request: a Route or a RoutingError."""

    @property
    def protocol(self) -> str: ...
    @property
    def service_model(self) -> ServiceModel | None: ...
    @property
    def model(self) -> "OperationModel | None": ...
    @property
    def query_mode(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class WireError:
    """An error with everything decided that the protocols differ in."""

    name: str
    query_code: str
    namespace: str
    status: int
    sender_fault: bool
    message: str | None
    message_member: str
    members: Mapping[str, Any]
    shape: ErrorShape | None


def resolved(target: Target, error: AwsError) -> WireError:
    service = target.service_model
    shape = service.error(error.code, target.model) if service else None
    if service is None or shape is None:
        query_code, name, namespace = (
            _BY_QUERY_CODE.get(error.code)
            or _BY_NAME.get(error.code)
            or (error.code, error.code, "com.amazon.coral.service")
        )
        sender = error.status < 500
        return WireError(
            name, query_code, namespace, error.status, sender, error.message, "message", error.members, None
        )
    return WireError(
        name=shape.name,
        query_code=shape.query_code,
        namespace=service.error_namespace,
        status=shape.status,
        sender_fault=shape.sender_fault,
        message=error.message,
        # SES's models leave the member out, its answers do not
        message_member=shape.message_member or "message",
        # while answering an error, no other
        members={name: value for name, value in error.members.items() if name in shape.shape.members},
        shape=shape,
    )


def error(target: Target, error: AwsError, request_id: str) -> HttpResponse:
    """The response to a request that failed."""
    wire = resolved(target, error)
    headers = [("x-amzn-RequestId", request_id)]
    if target.protocol == "query":
        headers.append(("Content-Type", "text/xml"))
        return HttpResponse(wire.status, headers, _query(target.service_model, wire, request_id))
    if target.protocol == "rest-json":
        headers += [("Content-Type", JSON), ("x-amzn-ErrorType", wire.name)]
        return HttpResponse(wire.status, headers, json.dump(_document(target, wire)))
    return _rpc(target, wire, headers)


def _query(service: ServiceModel | None, wire: WireError, request_id: str) -> bytes:
    namespace = service.metadata.get("xmlNamespace", "") if service else ""
    out = [f'<ErrorResponse xmlns="{escape(namespace)}">' if namespace else "<ErrorResponse>"]
    kind = "Sender" if wire.sender_fault else "Receiver"
    out.append(f"<Error><Type>{kind}</Type><Code>{escape(wire.query_code)}</Code>")
    if wire.message:
        out.append(f"<Message>{escape(wire.message)}</Message>")
    if wire.shape is not None and service is not None:
        service.plans(XmlWriters).members(wire.shape.shape)(dict(wire.members), out)
    out.append(f"</Error><RequestId>{escape(request_id)}</RequestId></ErrorResponse>")
    return "".join(out).encode()


def _document(target: Target, wire: WireError) -> dict[str, Any]:
    """The error's members as the protocol's plain structure."""
    document: dict[str, Any] = {wire.message_member: wire.message} if wire.message else {}
    if wire.shape is None or target.service_model is None:
        return document
    kind = cbor.CborWriters if target.protocol == _CBOR else json.JsonWriters
    members: dict[str, Any] = target.service_model.plans(kind).structure(wire.shape.shape)(dict(wire.members))
    return document | members


def _rpc(target: Target, wire: WireError, headers: list[tuple[str, str]]) -> HttpResponse:
    service = target.service_model
    document = {"__type": f"{wire.namespace}#{wire.name}", **_document(target, wire)}
    status = wire.status
    if service is not None and service.query_compatible:
        fault = "Sender" if wire.sender_fault else "Receiver"
        headers.append(("x-amzn-query-error", f"{wire.query_code};{fault}"))
        if status < 500 and not target.query_mode:
            # the other statuses are those of the query protocol, and only its old clients get them
            status = 400
    if target.protocol == _CBOR:
        headers += [("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor")]
        return HttpResponse(status, headers, cbor.dump(document))
    headers.append(("Content-Type", json_content_type(service)))
    return HttpResponse(status, headers, json.dump(document))


def json_content_type(service: ServiceModel | None) -> str:
    version = service.metadata.get("jsonVersion", "1.0") if service else "1.0"
    return f"application/x-amz-json-{version}"
