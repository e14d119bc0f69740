"""JSON bodies (json 1.0, json 1.1, rest-json), read by the model's shapes. null counts as not given."""

from typing import TYPE_CHECKING, Any

import orjson

from mailgauge.aws.parse.values import (
    MalformedError,
    Reader,
    blob_from_text,
    float_from_text,
    integer_from,
    timestamp_from_number,
    timestamp_from_text,
)

if TYPE_CHECKING:
    from botocore.model import Shape

_NAMES = {
    str: "STRING_VALUE",
    int: "NUMBER_VALUE",
    float: "NUMBER_VALUE",
    bool: "TRUE_VALUE",
    type(None): "NULL_VALUE",
}


def load(body: bytes) -> Any:
    """The document; no body and null are an empty object."""
    if not body:
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedError("The body is not valid JSON") from error
    return {} if document is None else document


class JsonReaders:
    """Readers of one service's shapes, each made once."""

    def __init__(self) -> None:
        self._structures: dict[str, Reader] = {}

    def reader(self, shape: "Shape") -> Reader:
        match shape.type_name:
            case "structure":
                return _itself if getattr(shape, "is_document_type", False) else self._structure(shape)
            case "list":
                return self._list(shape)
            case "map":
                return self._map(shape)
            case kind:
                return self.scalar(kind)

    def scalar(self, kind: str) -> Reader:
        match kind:
            case "integer" | "long":
                return _integer(kind)
            case "float" | "double":
                return _float
            case "boolean":
                return _boolean
            case "timestamp":
                return _timestamp
            case "blob":
                return _blob
            case _:
                return _string

    def _structure(self, shape: "Shape") -> Reader:
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: dict[str, tuple[str, Reader]] = {}

        def read(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _unexpected(value, "Structure")
            out: dict[str, Any] = {}
            for key, child in value.items():
                member = members.get(key)
                if member is not None and child is not None:
                    out[member[0]] = member[1](child)
            return out

        self._structures[shape.name] = read
        for name, member in shape.members.items():
            members[member.serialization.get("name", name)] = (name, self.reader(member))
        return read

    def _list(self, shape: "Shape") -> Reader:
        item = self.reader(shape.member)

        def read(value: Any) -> list[Any]:
            if type(value) is not list:
                raise _unexpected(value, "List")
            return [item(child) for child in value if child is not None]

        return read

    def _map(self, shape: "Shape") -> Reader:
        item = self.reader(shape.value)

        def read(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _unexpected(value, "Map")
            out: dict[str, Any] = {}
            for key, child in value.items():
                if type(key) is not str:
                    raise _unexpected(key, "String")
                if child is not None:
                    out[key] = item(child)
            return out

        return read


def _unexpected(value: Any, wanted: str) -> MalformedError:
    if type(value) is dict:
        return MalformedError("Start of structure or map found where not expected.")
    if type(value) is list:
        return MalformedError("Start of list found where not expected")
    return MalformedError(f"{_NAMES.get(type(value), 'VALUE')} can not be converted to {_article(wanted)}")


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "AEIOU" else f"a {noun}"


def _itself(value: Any) -> Any:
    return value


def _string(value: Any) -> str:
    if type(value) is str:
        return value
    raise _unexpected(value, "String")


def _boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise _unexpected(value, "Boolean")


def _integer(kind: str) -> Reader:
    check = integer_from(kind)

    def read(value: Any) -> int:
        if type(value) is int:
            return check(value)
        if type(value) is float and value.is_integer():
            return check(int(value))
        raise _unexpected(value, kind.capitalize())

    return read


def _float(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError as error:
            raise MalformedError("Number is out of range for Double") from error
    if value in {"NaN", "Infinity", "-Infinity"} if type(value) is str else False:
        return float_from_text(value)
    raise _unexpected(value, "Double")


def _timestamp(value: Any) -> Any:
    if type(value) is float or type(value) is int:
        return timestamp_from_number(value)
    if type(value) is str:
        return timestamp_from_text(value)
    raise _unexpected(value, "Timestamp")


def _blob(value: Any) -> bytes:
    if type(value) is str:
        return blob_from_text(value)
    raise _unexpected(value, "Blob")
