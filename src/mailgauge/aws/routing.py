"""Which service, operation and protocol an HTTP request is for. Nothing is authenticated or validated here.

JSON names its operation in ``X-Amz-Target``, CBOR in the path ``/service/S/operation/O``, REST in method and path,
and the query protocol in the form field ``Action``; where its path names a resource (``/ACCOUNT/QUEUE``), that is a parameter.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest
from mailgauge.aws.models import Models, ServiceModel
from mailgauge.aws.parse.body import DEFAULT_LIMIT, decoded_body
from mailgauge.aws.parse.form import parse_form
from mailgauge.aws.paths import PathMatch, PathTable

if TYPE_CHECKING:
    from botocore.model import OperationModel

_FORM = "application/x-www-form-urlencoded"
_LONGEST_SHOWN = 200
_RESOURCE = re.compile(r"/[0-9]{12}/[A-Za-z0-9_.-]+/?")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes. ``form`` are the decoded fields of a query call, read here since they name the action."""

    service: str
    operation: str
    protocol: str
    model: "OperationModel"
    path_params: Mapping[str, str]
    query_mode: bool
    service_model: ServiceModel
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    relocated: bool = False
    """The URI is of another SDK release than the model: members may stand in the query string or in the body."""


class RoutingError(AwsError):
    """No operation was found. It knows the protocol the caller speaks, so that it can be answered in it."""

    def __init__(
        self,
        error: AwsError,
        protocol: str,
        service_model: ServiceModel | None = None,
        *,
        query_mode: bool = False,
    ) -> None:
        super().__init__(error.code, error.message, status=error.status)
        self.protocol = protocol
        self.service = service_model.name if service_model else ""
        self.service_model = service_model
        self.model: OperationModel | None = None
        self.query_mode = query_mode


class Router:
    """Finds the operation. ``limit`` bounds the expanded size of a compressed body."""

    def __init__(self, services: Sequence[str], models: Models, *, limit: int = DEFAULT_LIMIT) -> None:
        self._services = tuple(services)
        self._models = models
        self._limit = limit
        self._tables: tuple[tuple[ServiceModel, PathTable], ...] | None = None
        self._versions: dict[str, ServiceModel] | None = None

    def prepare(self) -> None:
        """Loads the models and makes the tables, which would otherwise take the first request a quarter of a second."""
        self._rest_tables()
        self._query_versions()

    def route(self, request: HttpRequest) -> Route:
        """Raises RoutingError when no operation of these services is meant."""
        query_mode = request.headers.get("x-amzn-query-mode", "").lower() == "true"
        target = request.headers.get("x-amz-target")
        if target is not None:
            return self._by_target(target, query_mode=query_mode)
        if "/operation/" in request.path and "/service/" in request.path:
            return self._by_rpc_path(request.path, query_mode=query_mode)
        if request.path not in {"", "/"}:
            return self._by_path(request)
        if request.headers.get("content-type", "").startswith("application/x-amz-json"):
            raise RoutingError(_unknown_operation("without X-Amz-Target"), "json", query_mode=query_mode)
        return self._by_action(request)

    def _all(self) -> Iterator[ServiceModel]:
        return (self._models.load(name) for name in self._services)

    def _by_target(self, target: str, *, query_mode: bool) -> Route:
        prefix, _, operation = target.rpartition(".")
        for service in self._all():
            if service.metadata.get("targetPrefix") == prefix and "json" in service.protocols:
                return _rpc_route(service, operation, "json", query_mode=query_mode)
        raise RoutingError(_unknown_operation(target), "json", query_mode=query_mode)

    def _by_rpc_path(self, path: str, *, query_mode: bool) -> Route:
        protocol = "smithy-rpc-v2-cbor"
        parts = path.rstrip("/").split("/")[-4:]
        if len(parts) == 4 and parts[0] == "service" and parts[2] == "operation":
            for service in self._all():
                if protocol in service.protocols and service.metadata.get("targetPrefix") == parts[1]:
                    return _rpc_route(service, parts[3], protocol, query_mode=query_mode)
        raise RoutingError(_unknown_operation(path), protocol, query_mode=query_mode)

    def _by_path(self, request: HttpRequest) -> Route:
        tables = self._rest_tables()
        for service, table in tables:
            match = table.match(request.method, request.path)
            if match is not None:
                return _rest_route(service, match)
        owner = next((s for s in self._query_versions().values() if s.resource_member), None)
        if owner is not None and _RESOURCE.fullmatch(request.path):
            return self._by_action(request, owner)
        service_model = tables[0][0] if tables else None
        unknown = _unknown_operation(f"{request.method} {request.path}", status=404)
        raise RoutingError(unknown, "rest-json", service_model)

    def _by_action(self, request: HttpRequest, owner: ServiceModel | None = None) -> Route:
        """``owner`` is the service whose resource the path names."""
        form = self._form(request)
        action, version = form.get("Action"), form.get("Version")
        service = owner or self._query_service(request, form, action, version)
        if owner is not None and owner.resource_member:
            form = {owner.resource_member: request.path, **form}
        if not action:
            _missing_action(service)
        model = service.operation(action) if service else None
        if service is None or model is None:
            asked = f"{action[:_LONGEST_SHOWN]} for version {(version or 'NO_VERSION_SPECIFIED')[:_LONGEST_SHOWN]}"
            text = f"Could not find operation {asked}"
            if owner is not None:
                text = f"The action {action[:_LONGEST_SHOWN]} is not valid for this endpoint."
            raise RoutingError(AwsError("InvalidAction", text), "query", service)
        return Route(service.name, action, "query", model, {}, False, service, form)

    def _form(self, request: HttpRequest) -> Mapping[str, str]:
        try:
            return self._fields(request)
        except AwsError as error:
            raise RoutingError(error, "query") from error

    def _fields(self, request: HttpRequest) -> Mapping[str, str]:
        form: Mapping[str, str] = {}
        if request.method == "POST" and _FORM in request.headers.get("content-type", _FORM).lower():
            form = parse_form(decoded_body(request, self._limit, "MalformedInput"))
        if "Action" not in form and "Action=" in request.query:
            form = {**parse_form(request.query.encode(errors="surrogatepass")), **form}
        return form

    def _query_service(
        self, request: HttpRequest, form: Mapping[str, str], action: str | None, version: str | None
    ) -> ServiceModel | None:
        """By version; where that says nothing, by what the signature was made for, then by who knows the action."""
        versions = self._query_versions()
        if version:
            return versions.get(version)
        signed_for = _signing_name(request, form)
        for service in versions.values():
            if service.signing_name == signed_for:
                return service
        return next((s for s in versions.values() if action in s.operation_names), None)

    def _rest_tables(self) -> tuple[tuple[ServiceModel, PathTable], ...]:
        if self._tables is None:
            self._tables = tuple((s, PathTable(s)) for s in self._all() if "rest-json" in s.protocols)
        return self._tables

    def _query_versions(self) -> dict[str, ServiceModel]:
        if self._versions is None:
            self._versions = {s.api_version: s for s in self._all() if "query" in s.protocols}
        return self._versions


def _rpc_route(service: ServiceModel, operation: str, protocol: str, *, query_mode: bool) -> Route:
    model = service.operation(operation)
    if model is None:
        raise RoutingError(_unknown_operation(operation), protocol, service, query_mode=query_mode)
    return Route(service.name, operation, protocol, model, {}, query_mode, service)


def _rest_route(service: ServiceModel, match: PathMatch) -> Route:
    model = service.operation(match.operation)
    return Route(
        service.name,
        match.operation,
        "rest-json",
        model,
        match.labels,
        query_mode=False,
        service_model=service,
        relocated=match.relocated,
    )


def _unknown_operation(what: str, *, status: int = 400) -> AwsError:
    message = f"The operation {what[:_LONGEST_SHOWN]} is not known to this service."
    return AwsError("UnknownOperationException", message, status=status)


def _missing_action(service: ServiceModel | None) -> NoReturn:
    message = "The request is missing an action or a required parameter."
    raise RoutingError(AwsError("MissingAction", message), "query", service)


def _signing_name(request: HttpRequest, form: Mapping[str, str]) -> str | None:
    """``ses`` of ``Credential=KEY/20260101/us-east-1/ses/aws4_request``."""
    credential = form.get("X-Amz-Credential", "")
    authorization = request.headers.get("authorization", "")
    if "Credential=" in authorization:
        credential = authorization.partition("Credential=")[2].partition(",")[0]
    parts = credential.strip().split("/")
    return parts[-2] if len(parts) >= 5 else None
