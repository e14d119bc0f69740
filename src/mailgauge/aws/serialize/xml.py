"""XML of the query protocol's results, written by the model's shapes as a list of pieces."""

import re
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mailgauge.aws.serialize.values import Writer, epoch, float_text, http_date, iso8601, unknown_member

if TYPE_CHECKING:
    from botocore.model import Shape

# Writes a value under an element name: (name, value, pieces)
ElementWriter = Callable[[str, Any, list[str]], None]

_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}


def escape(text: str) -> str:
    """Text for an element; what XML 1.0 cannot hold at all becomes U+FFFD."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], "\ufffd"), text)


class XmlWriters:
    """Writers of one service's shapes, each made once."""

    def __init__(self) -> None:
        self._structures: dict[str, Callable[[dict[str, Any], list[str]], None]] = {}

    def members(self, shape: "Shape") -> Callable[[dict[str, Any], list[str]], None]:
        """Writes a structure's members, without an element around them."""
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: dict[str, tuple[str, ElementWriter]] = {}

        def write(value: dict[str, Any], out: list[str]) -> None:
            for name, child in value.items():
                if child is None:
                    continue
                member = members.get(name)
                if member is None:
                    raise unknown_member(shape.name, name)
                member[1](member[0], child, out)

        self._structures[shape.name] = write
        for name, member in shape.members.items():
            members[name] = (_element_name(name, member), self.writer(member))
        return write

    def writer(self, shape: "Shape") -> ElementWriter:
        match shape.type_name:
            case "structure":
                return self._structure(shape)
            case "list":
                return self._list(shape)
            case "map":
                return self._map(shape)
            case _:
                return _scalar_writer(text_of(shape))

    def _structure(self, shape: "Shape") -> ElementWriter:
        members = self.members(shape)

        def write(name: str, value: Any, out: list[str]) -> None:
            out.append(f"<{name}>")
            members(value, out)
            out.append(f"</{name}>")

        return write

    def _list(self, shape: "Shape") -> ElementWriter:
        item = self.writer(shape.member)
        item_name = shape.member.serialization.get("name", "member")
        flattened = bool(shape.serialization.get("flattened"))

        def write(name: str, value: Any, out: list[str]) -> None:
            if flattened:
                for child in value:
                    item(name, child, out)
            elif not value:
                out.append(f"<{name}/>")
            else:
                out.append(f"<{name}>")
                for child in value:
                    item(item_name, child, out)
                out.append(f"</{name}>")

        return write

    def _map(self, shape: "Shape") -> ElementWriter:
        key, item = self.writer(shape.key), self.writer(shape.value)
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        flattened = bool(shape.serialization.get("flattened"))

        def write(name: str, value: Any, out: list[str]) -> None:
            entry = name if flattened else "entry"
            if not flattened:
                out.append(f"<{name}>")
            for child_key, child in value.items():
                out.append(f"<{entry}>")
                key(key_name, child_key, out)
                item(value_name, child, out)
                out.append(f"</{entry}>")
            if not flattened:
                out.append(f"</{name}>")

        return write


def _element_name(name: str, shape: "Shape") -> str:
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        # a flattened list goes by the name of its members
        name = shape.serialization.get("name", name)
        return str(shape.member.serialization.get("name", name))
    return str(shape.serialization.get("name", name))


def _scalar_writer(text: Callable[[Any], str]) -> ElementWriter:
    def write(name: str, value: Any, out: list[str]) -> None:
        out.append(f"<{name}>{text(value)}</{name}>")

    return write


def text_of(shape: "Shape") -> Writer:
    """How a scalar is written as text."""
    match shape.type_name:
        case "boolean":
            return _boolean
        case "integer" | "long":
            return _integer
        case "float" | "double":
            return float_text
        case "blob":
            return _base64
        case "timestamp":
            match shape.serialization.get("timestampFormat", "iso8601").lower():
                case "unixtimestamp":
                    return _epoch_text
                case "rfc822":
                    return http_date
                case _:
                    return iso8601
        case _:
            return escape


def _boolean(value: Any) -> str:
    return "true" if value else "false"


def _integer(value: Any) -> str:
    return str(int(value))


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


def _epoch_text(value: Any) -> str:
    seconds = epoch(value)
    return str(int(seconds)) if seconds.is_integer() else str(seconds)
