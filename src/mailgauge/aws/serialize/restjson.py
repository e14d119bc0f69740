"""The rest-json protocol's output: members in headers, in the status, as the payload, and the rest as a JSON body."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mailgauge.aws.http import HttpResponse
from mailgauge.aws.serialize.json import JsonWriters, dump
from mailgauge.aws.serialize.values import Writer, float_text, http_date, timestamp_writer, unknown_member

if TYPE_CHECKING:
    from botocore.model import Shape

JSON = "application/json"


@dataclass(slots=True)
class _Plan:
    """How one output shape is taken apart."""

    headers: dict[str, tuple[str, Writer]] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    status: str | None = None
    payload: tuple[str, str, Writer] | None = None
    body: dict[str, tuple[str, Writer]] = field(default_factory=dict)


class RestJsonWriters:
    """Plans of one service's outputs and errors, each made once."""

    def __init__(self) -> None:
        self._json = JsonWriters()
        self._plans: dict[str, _Plan] = {}

    def response(
        self, shape: "Shape", value: dict[str, Any], status: int, headers: list[tuple[str, str]]
    ) -> HttpResponse:
        """``headers`` come first; ``status`` counts unless the shape has a member for it."""
        plan = self._plans.get(shape.name)
        if plan is None:
            plan = self._plans[shape.name] = self._made(shape)
        document: dict[str, Any] = {}
        payload: Any = None
        for name, child in value.items():
            if child is None:
                continue
            member = plan.body.get(name)
            if member is not None:
                document[member[0]] = member[1](child)
            elif name in plan.headers:
                wire, write = plan.headers[name]
                headers.append((wire, write(child)))
            elif name in plan.prefixes:
                headers += [(plan.prefixes[name] + key, str(text)) for key, text in child.items()]
            elif name == plan.status:
                status = int(child)
            elif plan.payload is not None and name == plan.payload[0]:
                payload = child
            else:
                raise unknown_member(shape.name, name)
        if plan.payload is not None:
            return _with_payload(plan.payload, payload, status, headers)
        headers.append(("Content-Type", JSON))
        return HttpResponse(status, headers, dump(document))

    def _made(self, shape: "Shape") -> _Plan:
        plan = _Plan()
        payload = shape.serialization.get("payload")
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            match member.serialization.get("location"):
                case "header":
                    plan.headers[name] = (wire, _header_text(member))
                case "headers":
                    plan.prefixes[name] = wire
                case "statusCode":
                    plan.status = name
                case _ if name == payload:
                    plan.payload = (name, member.type_name, self._json.writer(member))
                case _:
                    plan.body[name] = (wire, self._json.writer(member))
        return plan


def _with_payload(
    payload: tuple[str, str, Writer], value: Any, status: int, headers: list[tuple[str, str]]
) -> HttpResponse:
    _, kind, write = payload
    if kind == "blob":
        headers.append(("Content-Type", "application/octet-stream"))
        return HttpResponse(status, headers, value or b"")
    if kind == "string":
        headers.append(("Content-Type", "text/plain"))
        return HttpResponse(status, headers, (value or "").encode())
    headers.append(("Content-Type", JSON))
    return HttpResponse(status, headers, b"" if value is None else dump(write(value)))


def _header_text(shape: "Shape") -> Callable[[Any], str]:
    match shape.type_name:
        case "list":
            item, quote = _header_text(shape.member), shape.member.type_name == "string"
            return lambda value: ", ".join(_quoted(item(child)) if quote else item(child) for child in value)
        case "boolean":
            return lambda value: "true" if value else "false"
        case "float" | "double":
            return float_text
        case "timestamp":
            form = shape.serialization.get("timestampFormat")
            write = timestamp_writer(form) if form else http_date
            return lambda value: str(write(value))
        case _:
            return str


def _quoted(text: str) -> str:
    if '"' in text or "," in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text
