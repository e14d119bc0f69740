"""botocore's protocol vectors run backwards: its requests are parsed, its results and errors serialized.

What a server cannot meet is listed with a reason, and the list fails when an entry starts to pass.
"""

from typing import Any

import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser

from mailgauge.aws import serialize
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest, HttpResponse
from mailgauge.aws.parse import parse
from tests.aws.protocol_cases import Case, canonical, cases, request_of, typed
from tools.fetch_vectors import VectorsUnavailableError, vectors

try:
    VECTORS = vectors()
except VectorsUnavailableError as error:
    pytest.skip(f"botocore's protocol vectors could not be downloaded: {error}", allow_module_level=True)

FILES = (
    "query",
    "json",
    "json_1_0",
    "json_1_0-query-compatible",
    "rest-json",
    "smithy-rpc-v2-cbor",
    "smithy-rpc-v2-cbor-query-compatible",
    "smithy-rpc-v2-cbor-non-query-compatible",
)
INPUTS = list(cases(VECTORS, "input", FILES))
OUTPUTS = list(cases(VECTORS, "output", FILES))

_NO_BODY = "the vector has no body: that compressed bodies are read is tested with the routes"
_PATH = "about an endpoint with a path of its own"
_FILLED = "the client makes up the token, which a server then sees"
_NOTHING_SENT = "what is empty is not sent, so a server sees that it was not given"
_EMPTY_BODY = "an empty object is sent for what was not given"
_ALL_PARAMETERS = "a map of query parameters has, at a server, every parameter of the request"
_BOTOCORE = "botocore's own parser does not read it, its test suite leaves it out too"

UNPARSED = {
    "SDKAppliedContentEncoding_awsJson1_0": _NO_BODY,
    "SDKAppliedContentEncoding_awsJson1_1": _NO_BODY,
    "SDKAppliedContentEncoding_awsQuery": _NO_BODY,
    "SDKAppliedContentEncoding_restJson1": _NO_BODY,
    "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0": _NO_BODY,
    "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1": _NO_BODY,
    "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery": _NO_BODY,
    "SDKAppendedGzipAfterProvidedEncoding_restJson1": _NO_BODY,
    "QueryHostWithPath": _PATH,
    "RestJsonHostWithPath": _PATH,
    "QueryProtocolIdempotencyTokenAutoFill": _FILLED,
    "RestJsonQueryIdempotencyTokenAutoFill": _FILLED,
    "QueryEmptyQueryMaps": _NOTHING_SENT,
    "RestJsonHttpPrefixHeadersAreNotPresent": _NOTHING_SENT,
    "RestJsonOmitsEmptyListQueryValues": _NOTHING_SENT,
    "RestJsonHttpWithEmptyStructurePayload": _EMPTY_BODY,
    "RestJsonHttpWithHeadersButNoPayload": _EMPTY_BODY,
    "RestJsonQueryParamsStringListMap": _ALL_PARAMETERS,
    "RestJsonQueryPrecedence": _ALL_PARAMETERS,
    "MediaTypeHeaderInputBase64": "JSON inside a header, which none of the services has",
}
UNSERIALIZED = {
    "MediaTypeHeaderOutputBase64": "JSON inside a header, which none of the services has",
    "QueryXmlLists": "one list's elements take the name of another's; botocore's suite leaves it out too",
    "RestJsonHttpPayloadTraitsWithBlob": "botocore hands out a blob that is the whole body as text",
    "RestJsonHttpPayloadTraitsWithNoBlobBody": "botocore hands out an empty blob for no body",
    "HttpPrefixHeadersResponse": "the prefix is empty, so botocore hands out our own headers as well",
    "RestJsonInputAndOutputWithQuotedStringHeaders": _BOTOCORE,
    "RestJsonInputAndOutputWithTimestampHeaders": _BOTOCORE,
    "RestJsonHttpPayloadWithUnsetUnion": _BOTOCORE,
}


def test_the_list_of_exceptions_names_existing_vectors() -> None:
    assert set(UNPARSED) <= {case.id for case in INPUTS}
    assert set(UNSERIALIZED) <= {case.id for case in OUTPUTS}


def listed(found: list[Case], exceptions: dict[str, str]) -> list[Any]:
    """The cases as parameters; those in the list must fail."""
    return [
        pytest.param(
            case,
            id=case.id,
            marks=[pytest.mark.xfail(reason=exceptions[case.id])] if case.id in exceptions else [],
        )
        for case in found
    ]


@pytest.mark.parametrize("case", listed(INPUTS, UNPARSED))
def test_what_botocore_sends_is_understood(case: Case) -> None:
    request = request_of(case)
    route = case.router.route(request)
    assert route.operation == case.operation
    expected = typed(route.model.input_shape, case.vector["params"])
    assert canonical(parse(route, request)) == canonical(expected)


def routed(case: Case) -> Any:
    """The route of the case's operation, from the request that its protocol would send."""
    model = case.service.operation(case.operation)
    assert model is not None
    headers, path, body = {}, "/", b""
    if case.protocol == "json":
        headers["x-amz-target"] = f"{case.service.metadata['targetPrefix']}.{case.operation}"
    elif case.protocol == "query":
        body = f"Action={case.operation}&Version={case.service.api_version}".encode()
    elif case.protocol == "smithy-rpc-v2-cbor":
        path = f"/service/{case.service.metadata['targetPrefix']}/operation/{case.operation}"
    else:
        path = model.http["requestUri"].partition("?")[0]
    return case.router.route(HttpRequest(model.http["method"], path, "", headers, body))


def read_by_botocore(case: Case, response: HttpResponse, shape: Any) -> dict[str, Any]:
    """What a client gets, as botocore's endpoint puts it together."""
    parser = create_parser(case.protocol)
    wire = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    parsed: dict[str, Any] = parser.parse(wire, shape)
    if response.status >= 300:
        code = parsed["Error"].get("QueryErrorCode") or parsed["Error"]["Code"]
        parsed.update(parser.parse(wire, case.service.model.shape_for_error_code(code)))
    metadata = parsed.pop("ResponseMetadata")
    assert metadata["HTTPStatusCode"] == response.status
    assert metadata["HTTPHeaders"]["x-amzn-requestid"] == "rid"
    return parsed


@pytest.mark.parametrize("case", listed([case for case in OUTPUTS if "result" in case.vector], UNSERIALIZED))
def test_what_is_answered_is_understood_by_botocore(case: Case) -> None:
    route = routed(case)
    shape = route.model.output_shape
    result = typed(shape, case.vector["result"])
    response = serialize.result(route, result, "rid")
    parsed = read_by_botocore(case, response, shape)
    assert response.status == case.vector["response"]["status_code"]
    assert canonical(parsed) == canonical(result)


@pytest.mark.parametrize("case", listed([case for case in OUTPUTS if "error" in case.vector], UNSERIALIZED))
def test_errors_are_understood_by_botocore(case: Case) -> None:
    route = routed(case)
    (shape,) = route.model.error_shapes
    members = typed(shape, case.vector["error"])
    message = next((value for name, value in members.items() if name.lower() == "message"), None)
    others = {name: value for name, value in members.items() if name.lower() != "message"}
    response = serialize.error(route, AwsError(shape.name, message, members=others), "rid")
    parsed = read_by_botocore(case, response, route.model.output_shape)
    error = parsed.pop("Error")
    assert error["Code"] == case.vector["errorCode"]
    assert error.get("Message", "") == case.vector.get("errorMessage", "")
    assert response.status == case.vector["response"]["status_code"]
    assert canonical(
        {name: value for name, value in parsed.items() if name.lower() != "message"}
    ) == canonical(others)
