"""botocore's protocol vectors as values a server's test can use: requests, typed parameters, canonical forms."""

import base64
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailgauge.aws.http import HttpRequest
from mailgauge.aws.models import Models, ServiceModel
from mailgauge.aws.routing import Router

SERVICE = "vector"


@dataclass(frozen=True)
class Case:
    """One vector, with the description of the one-operation service it is about."""

    protocol: str
    service: ServiceModel
    vector: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.vector["id"])

    @property
    def operation(self) -> str:
        return str(self.vector["given"]["name"])

    @property
    def router(self) -> Router:
        return Router([SERVICE], Models([self.service]))


def cases(folder: Path, kind: str, files: tuple[str, ...]) -> Iterator[Case]:
    """Every case of ``input`` or ``output`` in these files."""
    for name in files:
        for suite in json.loads((folder / kind / f"{name}.json").read_text()):
            for vector in suite["cases"]:
                given = dict(vector["given"])
                if suite["metadata"]["protocol"] == "query" and "output" in given:
                    # the vectors leave out what every query model says
                    given["output"] = {**given["output"], "resultWrapper": f"{given['name']}Result"}
                description = {
                    "metadata": dict(suite["metadata"]),
                    "operations": {given["name"]: given},
                    "shapes": dict(suite["shapes"]),
                }
                service = ServiceModel(SERVICE, description)
                yield Case(suite["metadata"]["protocol"], service, vector)


def request_of(case: Case) -> HttpRequest:
    """The HTTP request that the vector says a client sends."""
    wire = case.vector["serialized"]
    path, _, query = wire["uri"].partition("?")
    body = wire.get("body", "").encode()
    if case.protocol == "smithy-rpc-v2-cbor":
        body = base64.b64decode(body)
    headers = {name.lower(): value for name, value in wire.get("headers", {}).items()}
    if case.protocol == "json":
        headers.setdefault("x-amz-target", f"{case.service.metadata['targetPrefix']}.{case.operation}")
    return HttpRequest(wire["method"], path, query, headers, body)


def typed(shape: Any, value: Any) -> Any:
    """A vector's value as the model types it: timestamps are numbers there, blobs and special floats texts."""
    if value is None or shape is None or getattr(shape, "is_document_type", False):
        return value
    match shape.type_name:
        case "structure":
            return {name: typed(shape.members[name], child) for name, child in value.items()}
        case "list":
            return [typed(shape.member, child) for child in value]
        case "map":
            return {key: typed(shape.value, child) for key, child in value.items()}
        case "timestamp":
            return datetime.fromtimestamp(value, UTC)
        case "blob":
            return value.encode() if isinstance(value, str) else value
        case "float" | "double":
            return float(value)
        case _:
            return value


def canonical(value: Any, *, whole_seconds: bool = False) -> Any:
    """Comparable: NaN equals itself, members that are None are not there, times are numbers."""
    if isinstance(value, dict):
        return {k: canonical(v, whole_seconds=whole_seconds) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [canonical(child, whole_seconds=whole_seconds) for child in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value).replace("inf", "Infinity").replace("nan", "NaN")
    if isinstance(value, datetime):
        return math.floor(value.timestamp()) if whole_seconds else round(value.timestamp(), 3)
    return value
