"""The rest-json protocol's input: labels of the path, query string, headers and a JSON body, by the model's locations."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mailgauge.aws.parse.form import form_pairs
from mailgauge.aws.parse.json import JsonReaders, load
from mailgauge.aws.parse.values import MalformedError, Reader, text_reader

if TYPE_CHECKING:
    from botocore.model import Shape

_LOCATIONS = {"uri", "querystring", "header", "headers"}


@dataclass(frozen=True, slots=True)
class _Member:
    """A member outside the body: its name, its name on the wire and how its texts are read."""

    name: str
    wire: str
    read: Callable[[list[str]], Any]


@dataclass(slots=True)
class RestPlan:
    """How one operation's input is put together."""

    labels: list[_Member] = field(default_factory=list)
    query: list[_Member] = field(default_factory=list)
    query_maps: list[_Member] = field(default_factory=list)
    headers: list[_Member] = field(default_factory=list)
    header_maps: list[_Member] = field(default_factory=list)
    payload: tuple[str, Callable[[bytes], Any]] | None = None
    body: Reader | None = None
    from_body: dict[str, tuple[str, Reader]] = field(default_factory=dict)
    from_query: dict[str, _Member] = field(default_factory=dict)


class RestJsonReaders:
    """Plans of one service's operations, each made once."""

    def __init__(self) -> None:
        self._json = JsonReaders()
        self._plans: dict[str, RestPlan] = {}

    def plan(self, operation: str, shape: "Shape") -> RestPlan:
        known = self._plans.get(operation)
        if known is None:
            known = self._plans[operation] = self._made(shape)
        return known

    def _made(self, shape: "Shape") -> RestPlan:
        plan = RestPlan()
        payload = shape.serialization.get("payload")
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            match member.serialization.get("location"):
                case "uri":
                    plan.labels.append(_Member(name, wire, _single(member)))
                case "querystring" if member.type_name == "map":
                    plan.query_maps.append(_Member(name, wire, _repeated(member.value)))
                case "querystring":
                    plan.query.append(_Member(name, wire, _repeated(member)))
                    plan.from_body[wire] = (name, self._json.reader(member))
                case "header":
                    plan.headers.append(_Member(name, wire.lower(), _header(member)))
                case "headers":
                    plan.header_maps.append(_Member(name, wire.lower(), _single(member.value)))
                case _ if name == payload:
                    plan.payload = (name, self._payload(member))
                case _ if _fits_a_query_string(member):
                    plan.from_query[name] = _Member(name, wire, _repeated(member))
        if payload is None and any(
            m.serialization.get("location") not in _LOCATIONS for m in shape.members.values()
        ):
            plan.body = self._json.reader(shape)
        return plan

    def _payload(self, shape: "Shape") -> Callable[[bytes], Any]:
        if shape.type_name == "blob":
            return bytes
        if shape.type_name == "string":
            return _utf8
        read = self._json.reader(shape)
        return lambda body: read(load(body))


def read(
    plan: RestPlan,
    labels: Mapping[str, str],
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    relocated: bool = False,
) -> dict[str, Any]:
    """The parameters. ``relocated``: the client's model may have query string and body the other way round."""
    out: dict[str, Any] = {}
    if plan.body is not None:
        out = _without(plan.body(load(body)), plan)
    elif plan.payload is not None and body:
        out[plan.payload[0]] = plan.payload[1](body)
    for member in plan.labels:
        out[member.name] = member.read([labels[member.wire]])
    if query and (plan.query or plan.query_maps or relocated):
        _read_query(plan, query, out, relocated=relocated)
    if plan.headers or plan.header_maps:
        _read_headers(plan, headers, out)
    if relocated and body:
        _read_moved_body(plan, body, out)
    return out


def _without(read_body: dict[str, Any], plan: RestPlan) -> dict[str, Any]:
    """A body has no say about members whose place is elsewhere."""
    for members in (plan.labels, plan.query, plan.query_maps, plan.headers, plan.header_maps):
        for member in members:
            read_body.pop(member.name, None)
    return read_body


def _read_query(plan: RestPlan, query: str, out: dict[str, Any], *, relocated: bool) -> None:
    values: dict[str, list[str]] = {}
    for name, value in form_pairs(query.encode(errors="surrogatepass")):
        values.setdefault(name, []).append(value)
    for member in plan.query:
        if member.wire in values:
            out[member.name] = member.read(values[member.wire])
    for member in plan.query_maps:
        out[member.name] = {name: member.read(texts) for name, texts in values.items()}
    if relocated:
        for name, member in plan.from_query.items():
            if name not in out and member.wire in values:
                out[name] = member.read(values[member.wire])


def _read_headers(plan: RestPlan, headers: Mapping[str, str], out: dict[str, Any]) -> None:
    for member in plan.headers:
        if member.wire in headers:
            out[member.name] = member.read([headers[member.wire]])
    for member in plan.header_maps:
        found = {
            name[len(member.wire) :]: member.read([value])
            for name, value in headers.items()
            if name.startswith(member.wire)
        }
        if found:
            out[member.name] = found


def _read_moved_body(plan: RestPlan, body: bytes, out: dict[str, Any]) -> None:
    document = load(body)
    if type(document) is not dict:
        raise MalformedError("The body is not a JSON object")
    for wire, (name, reader) in plan.from_body.items():
        if name not in out and document.get(wire) is not None:
            out[name] = reader(document[wire])


def _fits_a_query_string(shape: "Shape") -> bool:
    inner = shape.member if shape.type_name == "list" else shape
    return inner.type_name not in {"structure", "list", "map"}


def _single(shape: "Shape") -> Callable[[list[str]], Any]:
    convert = text_reader(shape.type_name)
    return lambda texts: convert(texts[0])


def _repeated(shape: "Shape") -> Callable[[list[str]], Any]:
    if shape.type_name != "list":
        return _single(shape)
    convert = text_reader(shape.member.type_name)
    return lambda texts: [convert(text) for text in texts]


def _header(shape: "Shape") -> Callable[[list[str]], Any]:
    if shape.type_name != "list":
        return _single(shape)
    convert = text_reader(shape.member.type_name)
    dates = shape.member.type_name == "timestamp"
    return lambda texts: [convert(item) for item in _header_items(texts[0], dates=dates)]


def _header_items(text: str, *, dates: bool) -> Iterable[str]:
    """Items between commas; a quoted item may contain commas, and an HTTP date contains one unquoted."""
    items = [""]
    quoted = escaped = False
    for char in text:
        if escaped or (char not in '",\\'):
            items[-1] += char
            escaped = False
        elif char == "\\" and quoted:
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            items.append("")
        else:
            items[-1] += char
    items = [item.strip() for item in items] if text else []
    if dates and len(items) % 2 == 0 and items[0].isalpha():
        items = [f"{day}, {rest}" for day, rest in zip(items[::2], items[1::2], strict=True)]
    return items


def _utf8(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("The body is not UTF-8") from error
