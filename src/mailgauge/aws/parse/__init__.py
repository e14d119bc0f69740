"""Requests to parameters, as botocore's models name and type them. Nothing but AwsError comes out of a bad request.

Required members, lengths and enums are not checked here (``mailgauge.aws.validate``); unknown members are ignored.
"""

from typing import TYPE_CHECKING

from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest
from mailgauge.aws.parse import cbor, json, query, restjson
from mailgauge.aws.parse.body import DEFAULT_LIMIT, decoded_body
from mailgauge.aws.parse.values import MalformedError
from mailgauge.aws.request import Params

if TYPE_CHECKING:
    from mailgauge.aws.routing import Route

__all__ = ["parse"]


def parse(route: "Route", request: HttpRequest, *, limit: int = DEFAULT_LIMIT) -> Params:
    """The parameters of a routed request. ``limit`` bounds what a compressed body may expand to."""
    code = "MalformedInput" if route.protocol == "query" else "SerializationException"
    try:
        return _parsed(route, request, limit, code)
    except MalformedError as error:
        raise AwsError(code, str(error)) from error
    except RecursionError as error:
        raise AwsError(code, "The body is nested too deeply") from error


def _parsed(route: "Route", request: HttpRequest, limit: int, code: str) -> Params:
    shape = route.model.input_shape
    if shape is None:
        return {}
    plans = route.service_model.plans
    if route.protocol == "query":
        return _params(plans(query.QueryReaders).reader(shape)(query.tree(route.form)))
    body = decoded_body(request, limit, code)
    if route.protocol == "json":
        return _params(plans(json.JsonReaders).reader(shape)(json.load(body)))
    if route.protocol == "smithy-rpc-v2-cbor":
        return _params(plans(cbor.CborReaders).reader(shape)(cbor.load(body)))
    plan = plans(restjson.RestJsonReaders).plan(route.operation, shape)
    return restjson.read(
        plan, route.path_params, request.query, request.headers, body, relocated=route.relocated
    )


def _params(value: Params) -> Params:
    return value
