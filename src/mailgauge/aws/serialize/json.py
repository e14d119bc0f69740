"""JSON of results (json 1.0, json 1.1, rest-json): plain structures by the model's shapes, encoded by orjson."""

import math
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import orjson

from mailgauge.aws.serialize.values import (
    Writer,
    finite_floats,
    special_float,
    timestamp_writer,
    unknown_member,
)

if TYPE_CHECKING:
    from botocore.model import Shape


def dump(document: Any) -> bytes:
    return orjson.dumps(document)


class JsonWriters:
    """Writers of one service's shapes, each made once."""

    def __init__(self) -> None:
        self._structures: dict[str, Writer] = {}

    def writer(self, shape: "Shape") -> Writer:
        match shape.type_name:
            case "structure":
                return _itself if getattr(shape, "is_document_type", False) else self.structure(shape)
            case "list":
                item = self.writer(shape.member)
                if shape.member.type_name == "double":
                    return lambda value: (
                        finite_floats(value) or [None if child is None else item(child) for child in value]
                    )
                return lambda value: [None if child is None else item(child) for child in value]
            case "map":
                item = self.writer(shape.value)
                return lambda value: {
                    key: None if child is None else item(child) for key, child in value.items()
                }
            case _:
                return self.scalar(shape)

    def scalar(self, shape: "Shape") -> Writer:
        match shape.type_name:
            case "integer" | "long":
                return int
            case "float" | "double":
                return _float
            case "boolean":
                return bool
            case "timestamp":
                return timestamp_writer(shape.serialization.get("timestampFormat"))
            case "blob":
                return _base64
            case _:
                return str

    def structure(self, shape: "Shape") -> Writer:
        """Writes the members that are in the body; those that go elsewhere are left out."""
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: dict[str, tuple[str, Writer]] = {}

        def write(value: Any) -> dict[str, Any]:
            out: dict[str, Any] = {}
            for name, child in value.items():
                if child is None:
                    continue
                member = members.get(name)
                if member is None:
                    raise unknown_member(shape.name, name)
                out[member[0]] = member[1](child)
            return out

        self._structures[shape.name] = write
        for name, member in shape.members.items():
            members[name] = (member.serialization.get("name", name), self.writer(member))
        return write


def _itself(value: Any) -> Any:
    return value


def _float(value: Any) -> float | str:
    value = float(value)
    return value if math.isfinite(value) else special_float(value)


def _base64(value: bytes) -> str:
    return b64encode(value).decode()
