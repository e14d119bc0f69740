"""botocore's service models, loaded when first asked for. No operation's shape is written by hand anywhere.

``Models`` is handed in by whoever composes the service; what parsers and serializers work out about a model's
shapes is kept with the loaded model (``ServiceModel.plans``), not in globals.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    # botocore.model takes 150 ms to import; only a loaded model needs it
    from botocore.model import OperationModel, Shape

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """A modelled error: its shape, the code the query protocol gives it, and its HTTP status."""

    name: str
    query_code: str
    status: int
    sender_fault: bool
    shape: "Shape"

    @property
    def message_member(self) -> str | None:
        """How this shape spells its message, if it has one."""
        return next((name for name in self.shape.members if name.lower() == "message"), None)


class ServiceModel:
    """One service: its operations, its errors, and the plans made from its shapes."""

    def __init__(self, name: str, description: Mapping[str, Any]) -> None:
        from botocore.model import ServiceModel as BotocoreServiceModel

        self.name = name
        self._shapes = description["shapes"]
        self.model = BotocoreServiceModel(description, name)
        self.metadata: Mapping[str, Any] = self.model.metadata
        self.operation_names: frozenset[str] = frozenset(self.model.operation_names)
        self._operations: dict[str, OperationModel] = {}
        self._plans: dict[object, Any] = {}

    def operation(self, name: str) -> "OperationModel | None":
        found = self._operations.get(name)
        if found is None and name in self.operation_names:
            found = self._operations[name] = self.model.operation_model(name)
        return found

    def plans(self, kind: Callable[[], T]) -> T:
        """The one ``kind`` (a class of readers, writers or checks) of this service, made when first asked for."""
        found = self._plans.get(kind)
        if found is None:
            found = self._plans[kind] = kind()
        made: T = found
        return made

    @cached_property
    def api_version(self) -> str:
        return str(self.metadata["apiVersion"])

    @cached_property
    def resource_member(self) -> str | None:
        """The parameter that a query call's path stands for, where there is one: ``/ACCOUNT/NAME``."""
        given = self.metadata.get("resourceMember")
        return str(given) if given else None

    @cached_property
    def signing_name(self) -> str:
        return str(self.metadata.get("signingName") or self.metadata.get("endpointPrefix", self.name))

    @cached_property
    def protocols(self) -> frozenset[str]:
        return frozenset(self.metadata.get("protocols") or [self.metadata["protocol"]])

    @cached_property
    def query_compatible(self) -> bool:
        """The service came from the query protocol, so that JSON and CBOR clients expect query codes."""
        return "awsQueryCompatible" in self.metadata

    @cached_property
    def error_namespace(self) -> str:
        """``com.amazonaws.cloudwatch.v2010_08_01``, which JSON and CBOR errors carry before ``#``."""
        given = self.metadata.get("errorNamespace")
        return str(given) if given else f"com.amazonaws.{self.name}.v{self.api_version.replace('-', '_')}"

    @cached_property
    def _errors(self) -> Mapping[str, ErrorShape]:
        return {
            shape.name: _error_shape(shape, fault=bool(self._shapes[shape.name].get("fault")))
            for shape in self.model.error_shapes
        }

    @cached_property
    def _errors_by_query_code(self) -> Mapping[str, ErrorShape]:
        found: dict[str, ErrorShape] = {}
        for error in self._errors.values():
            found.setdefault(error.query_code, error)
        return found

    def error(self, code: str, operation: "OperationModel | None" = None) -> ErrorShape | None:
        """The modelled error of that shape name or query code; those the operation declares win.

        ``ResourceNotFound`` is the query code of two shapes of CloudWatch: the operation decides which is meant.
        """
        declared = [] if operation is None else [self._errors[shape.name] for shape in operation.error_shapes]
        for error in declared:
            if error.name == code:
                return error
        for error in declared:
            if error.query_code == code:
                return error
        return self._errors.get(code) or self._errors_by_query_code.get(code)


def _error_shape(shape: "Shape", *, fault: bool) -> ErrorShape:
    traits = shape.metadata.get("error", {})
    status = int(traits.get("httpStatusCode", 500 if fault else 400))
    return ErrorShape(
        name=shape.name,
        query_code=str(traits.get("code", shape.name)),
        status=status,
        sender_fault=bool(traits.get("senderFault", status < 500)),
        shape=shape,
    )


Dialects = Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]]
"""A name (``sqs-query``), the service whose model it is made of (``sqs``), and what makes it."""


class Models:
    """Loads each service's model once, on first use. ``given`` need not be loaded; ``dialects`` are other descriptions.

    A dialect goes by its service's own name once it is loaded: it is answered by the same operations.
    """

    def __init__(self, given: Iterable[ServiceModel] = (), dialects: Dialects | None = None) -> None:
        self._loaded = {service.name: service for service in given}
        self._dialects = dialects or {}

    def load(self, name: str) -> ServiceModel:
        """The model of ``ses``, ``sesv2``, ``cloudwatch``, ``sts``, ``sns``; botocore's names."""
        found = self._loaded.get(name)
        if found is None:
            from botocore.loaders import Loader

            service, described = self._dialects.get(name, (name, None))
            description = Loader().load_service_model(service, "service-2")
            found = ServiceModel(service, described(description) if described else description)
            self._loaded[name] = found
        return found
