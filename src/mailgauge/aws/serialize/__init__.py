"""Results and errors to HTTP responses, by the protocol the request came in. Pure."""

from typing import TYPE_CHECKING

from mailgauge.aws.http import HttpResponse
from mailgauge.aws.request import Result
from mailgauge.aws.serialize import cbor, json
from mailgauge.aws.serialize.errors import Target, error, json_content_type
from mailgauge.aws.serialize.restjson import JSON, RestJsonWriters
from mailgauge.aws.serialize.xml import XmlWriters, escape

if TYPE_CHECKING:
    from mailgauge.aws.routing import Route

__all__ = ["Target", "error", "result"]


def result(route: "Route", result: Result, request_id: str) -> HttpResponse:
    """The response of an operation that succeeded. Raises ResultError for a result the model does not allow."""
    headers = [("x-amzn-RequestId", request_id)]
    shape = route.model.output_shape
    plans = route.service_model.plans
    match route.protocol:
        case "query":
            headers.append(("Content-Type", "text/xml"))
            return HttpResponse(200, headers, _envelope(route, result, request_id))
        case "json":
            headers.append(("Content-Type", json_content_type(route.service_model)))
            document = {} if shape is None else plans(json.JsonWriters).structure(shape)(result)
            return HttpResponse(200, headers, json.dump(document))
        case "smithy-rpc-v2-cbor":
            headers.append(("smithy-protocol", "rpc-v2-cbor"))
            if shape is None:
                return HttpResponse(200, headers)
            headers.append(("Content-Type", "application/cbor"))
            return HttpResponse(200, headers, cbor.dump(plans(cbor.CborWriters).structure(shape)(result)))
        case _:
            status = int(route.model.http.get("responseCode", 200))
            if shape is None:
                return HttpResponse(status, [*headers, ("Content-Type", JSON)], b"{}")
            return plans(RestJsonWriters).response(shape, result, status, headers)


def _envelope(route: "Route", result: Result, request_id: str) -> bytes:
    name, shape = route.operation, route.model.output_shape
    out = [f'<{name}Response xmlns="{escape(route.service_model.metadata.get("xmlNamespace", ""))}">']
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{name}Result")
        out.append(f"<{wrapper}>")
        route.service_model.plans(XmlWriters).members(shape)(result, out)
        out.append(f"</{wrapper}>")
    out.append(
        f"<ResponseMetadata><RequestId>{escape(request_id)}</RequestId></ResponseMetadata></{name}Response>"
    )
    return "".join(out).encode()
