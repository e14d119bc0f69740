"""The query protocol's input: form fields such as ``Destination.ToAddresses.member.1``, read by the model's shapes."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mailgauge.aws.parse.values import MalformedError, Reader, text_reader

if TYPE_CHECKING:
    from botocore.model import Shape

_DEEPEST = 64


def tree(form: Mapping[str, str]) -> dict[str, Any]:
    """Fields as nested dictionaries by the parts of their names."""
    root: dict[str, Any] = {}
    for name, value in form.items():
        if "." not in name:
            root.setdefault(name, value)
            continue
        *parents, last = name.split(".", _DEEPEST)
        if "." in last:
            raise MalformedError("Parameter names are nested too deeply")
        node = root
        for part in parents:
            child = node.get(part)
            if type(child) is not dict:
                child = node[part] = {}
            node = child
        node.setdefault(last, value)
    return root


class QueryReaders:
    """Readers of one service's shapes, each made once."""

    def __init__(self) -> None:
        self._structures: dict[str, Reader] = {}

    def reader(self, shape: "Shape") -> Reader:
        match shape.type_name:
            case "structure":
                return self._structure(shape)
            case "list":
                return self._list(shape)
            case "map":
                return self._map(shape)
            case kind:
                return _scalar(kind)

    def _structure(self, shape: "Shape") -> Reader:
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: dict[str, tuple[str, Reader]] = {}

        def read(node: Any) -> dict[str, Any]:
            out: dict[str, Any] = {}
            for key, child in _children(node).items():
                member = members.get(key)
                if member is not None:
                    out[member[0]] = member[1](child)
            return out

        self._structures[shape.name] = read
        for name, member in shape.members.items():
            reader = self.reader(member)
            for wire in _wire_names(name, member):
                members[wire] = (name, reader)
        return read

    def _list(self, shape: "Shape") -> Reader:
        item = self.reader(shape.member)
        wrapper = (
            None if shape.serialization.get("flattened") else shape.member.serialization.get("name", "member")
        )

        def read(node: Any) -> list[Any]:
            return [item(child) for child in _numbered(node, wrapper)]

        return read

    def _map(self, shape: "Shape") -> Reader:
        read_key, read_value = self.reader(shape.key), self.reader(shape.value)
        wrapper = None if shape.serialization.get("flattened") else "entry"
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")

        def read(node: Any) -> dict[str, Any]:
            out: dict[str, Any] = {}
            for entry in _numbered(node, wrapper):
                pair = _children(entry)
                if key_name not in pair:
                    raise MalformedError("A map entry has no key")
                if value_name in pair:
                    out[read_key(pair[key_name])] = read_value(pair[value_name])
            return out

        return read


def _wire_names(name: str, shape: "Shape") -> Iterator[str]:
    yield shape.serialization.get("name", name)
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        # botocore has flattened lists go by the name of their members
        item: str | None = shape.member.serialization.get("name")
        if item:
            yield item


def _children(node: Any) -> dict[str, Any]:
    """An empty text stands for an empty list, map or structure: clients send ``Tags=``."""
    if type(node) is dict:
        return node
    if node:
        raise MalformedError("Unexpected value where a structure or list is expected")
    return {}


def _numbered(node: Any, wrapper: str | None) -> Iterator[Any]:
    """The children 1, 2, 3... in order of their numbers, which may have gaps."""
    children = _children(node)
    if wrapper is not None:
        children = _children(children.get(wrapper, ""))
    numbered = []
    for key, child in children.items():
        if not (key.isascii() and key.isdigit() and len(key) < 10):
            raise MalformedError(f"'{key[:40]}' is not the number of a list member")
        numbered.append((int(key), child))
    numbered.sort(key=lambda pair: pair[0])
    return (child for _, child in numbered)


def _scalar(kind: str) -> Reader:
    convert = text_reader(kind)

    def read(node: Any) -> Any:
        if type(node) is dict:
            raise MalformedError("Unexpected list or structure where a single value is expected")
        return convert(node)

    return read
