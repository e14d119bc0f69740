"""Every operation, in every protocol its service has: botocore's requests are parsed to what the client meant, and
botocore reads our results as what the handler meant."""

from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.awsrequest import HeadersDict, prepare_request_dict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.aws import serialize
from mailgauge.aws.http import HttpRequest
from mailgauge.aws.models import Models
from mailgauge.aws.parse import parse
from mailgauge.aws.routing import Router
from tests.aws.protocol_cases import canonical
from tests.aws.shape_strategies import pruned, values, whole

CBOR = "smithy-rpc-v2-cbor"
MODELS = Models()
ROUTER = Router(["ses", "sesv2", "cloudwatch", "sts", "sns"], MODELS)
PROTOCOLS = [
    ("ses", "query"),
    ("sesv2", "rest-json"),
    ("cloudwatch", "query"),
    ("cloudwatch", "json"),
    ("cloudwatch", CBOR),
    ("sts", "query"),
    ("sns", "query"),
]


def operation_of(data: st.DataObject, service: str) -> Any:
    name = data.draw(st.sampled_from(sorted(MODELS.load(service).operation_names)))
    return MODELS.load(service).operation(name)


def sent(protocol: str, operation: Any, params: dict[str, Any]) -> HttpRequest:
    """The request that botocore's client would put on the wire."""
    # botocore cannot send fractions of a second in CBOR
    precision = "default" if protocol == CBOR else "millisecond"
    serializer = create_serializer(protocol, include_validation=False, timestamp_precision=precision)
    wire = serializer.serialize_to_request(params, operation)
    prepare_request_dict(wire, endpoint_url="https://service.test", context={})
    body = wire["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    url = wire["url"].removeprefix("https://service.test")
    path, _, query = url.partition("?")
    raw = body.encode() if isinstance(body, str) else bytes(body)
    return HttpRequest(wire["method"], path, query, {k.lower(): v for k, v in wire["headers"].items()}, raw)


def understood(service: str, protocol: str, operation: Any, params: dict[str, Any]) -> None:
    request = sent(protocol, operation, params)
    route = ROUTER.route(request)
    assert (route.service, route.operation, route.protocol) == (service, operation.name, protocol)
    seconds = protocol == CBOR
    assert canonical(pruned(parse(route, request)), whole_seconds=seconds) == canonical(
        params, whole_seconds=seconds
    )


def answered(protocol: str, operation: Any, result: dict[str, Any]) -> None:
    shape = operation.input_shape
    members = {} if shape is None else shape.members
    labels = {n: "x" for n, m in members.items() if m.serialization.get("location") == "uri"}
    route = ROUTER.route(sent(protocol, operation, labels))
    response = serialize.result(route, result, "rid")
    wire = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    parsed = create_parser(protocol).parse(wire, operation.output_shape)
    assert parsed.pop("ResponseMetadata")["HTTPHeaders"]["x-amzn-requestid"] == "rid"
    assert canonical(pruned(parsed)) == canonical(result)


@pytest.mark.parametrize(("service", "protocol"), PROTOCOLS)
def test_every_operation_gets_all_its_parameters(service: str, protocol: str) -> None:
    for name in sorted(MODELS.load(service).operation_names):
        operation = MODELS.load(service).operation(name)
        assert operation is not None
        params = {} if operation.input_shape is None else pruned(whole(operation.input_shape))
        understood(service, protocol, operation, params)


@pytest.mark.parametrize(("service", "protocol"), PROTOCOLS)
def test_every_operation_answers_all_its_results(service: str, protocol: str) -> None:
    for name in sorted(MODELS.load(service).operation_names):
        operation = MODELS.load(service).operation(name)
        assert operation is not None
        result = {} if operation.output_shape is None else pruned(whole(operation.output_shape))
        answered(protocol, operation, result)


@pytest.mark.parametrize(("service", "protocol"), PROTOCOLS)
@given(data=st.data())
def test_what_botocore_sends_is_what_the_handler_gets(
    service: str, protocol: str, data: st.DataObject
) -> None:
    operation = operation_of(data, service)
    params = {} if operation.input_shape is None else pruned(data.draw(values(operation.input_shape)))
    understood(service, protocol, operation, params)


@pytest.mark.parametrize(("service", "protocol"), PROTOCOLS)
@given(data=st.data())
def test_what_the_handler_returns_is_what_botocore_gets(
    service: str, protocol: str, data: st.DataObject
) -> None:
    operation = operation_of(data, service)
    result = {} if operation.output_shape is None else pruned(data.draw(values(operation.output_shape)))
    answered(protocol, operation, result)
