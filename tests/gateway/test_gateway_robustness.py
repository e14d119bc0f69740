"""Whatever a peer sends, what it gets is an answer of ours: with a request id, and never a failure of our own."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.aws.models import Models
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.aws.routing import Router
from mailgauge.base.clock import ManualClock
from mailgauge.gateway.app import EndpointApp
from mailgauge.gateway.dispatch import Gateway
from mailgauge.gateway.guards import Guard
from mailgauge.iam.authentication import Open

MODELS = Models()
SERVICES = ("ses", "sesv2", "cloudwatch", "sts")


async def _anything(caller: Caller, params: Params) -> Result:
    return {}


def _all() -> dict[str, dict[str, Handler]]:
    return {name: dict.fromkeys(MODELS.load(name).operation_names, _anything) for name in SERVICES}


GATEWAY = Gateway(Router(SERVICES, MODELS), Open(ManualClock()), _all())
APP = EndpointApp(GATEWAY, {}, guard=Guard())


async def answer(scope: dict[str, Any], body: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await APP(scope, receive, send)
    return sent[0]["status"], {k.lower(): v for k, v in sent[0]["headers"]}, sent[1]["body"]


def scope(method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "headers": [(b"host", b"localhost"), *headers],
        "client": None,
    }


def operations(service: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(MODELS.load(service).operation_names))


noise = st.binary(max_size=40)
fields = st.lists(
    st.tuples(
        st.sampled_from(
            ["Source", "Destination.ToAddresses.member.1", "MetricData.member.1.Value", "Tags", "X.Y.Z"]
        ),
        st.sampled_from(["a", "1", "NaN", "%00%01", "%FF", "", "2026-01-01T00:00:00Z"]),
    ),
    max_size=4,
)


@given(st.sampled_from(["ses", "cloudwatch", "sts"]), st.data(), fields, noise)
def test_query_calls(service: str, data: st.DataObject, members: list[tuple[str, str]], tail: bytes) -> None:
    action = data.draw(operations(service) | st.text(max_size=5))
    version = MODELS.load(service).api_version
    pairs = [("Action", action), ("Version", version), *members]
    body = "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "surrogatepass") + tail
    form = (b"content-type", b"application/x-www-form-urlencoded")
    expect_an_answer(scope("POST", b"/", b"", [form]), body)


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Namespace", "MetricData", "a"]), inner)
    ),
    max_leaves=8,
)


@given(operations("cloudwatch"), documents, noise)
def test_json_calls(operation: str, document: object, noise: bytes) -> None:
    import orjson

    try:
        body = orjson.dumps(document)
    except TypeError:
        body = noise
    headers = [
        (b"x-amz-target", f"GraniteServiceVersion20100801.{operation}".encode()),
        (b"content-type", b"application/x-amz-json-1.0"),
    ]
    expect_an_answer(scope("POST", b"/", b"", headers), body)
    expect_an_answer(scope("POST", b"/", b"", [(b"x-amz-target", noise), *headers[1:]]), body)


@given(operations("cloudwatch"), noise)
def test_cbor_calls(operation: str, body: bytes) -> None:
    path = f"/service/GraniteServiceVersion20100801/operation/{operation}".encode()
    expect_an_answer(scope("POST", path, b"", [(b"smithy-protocol", b"rpc-v2-cbor")]), body)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
    st.lists(st.sampled_from(["v2", "email", "identities", "..", "%FF", "é", "account", ""])),
    noise,
    noise,
)
def test_rest_calls(method: str, segments: list[str], query: bytes, body: bytes) -> None:
    expect_an_answer(scope(method, f"/{'/'.join(segments)}".encode("latin-1"), query, []), body)


@given(noise, noise, noise)
def test_credentials_of_any_form(authorization: bytes, date: bytes, query: bytes) -> None:
    headers = [(b"authorization", b"AWS4-HMAC-SHA256 " + authorization), (b"x-amz-date", date)]
    expect_an_answer(scope("GET", b"/", b"X-Amz-Credential=" + query, headers), b"")


def expect_an_answer(request: dict[str, Any], body: bytes) -> None:
    status, headers, _ = asyncio.run(answer(request, body))
    assert status < 500
    assert headers[b"x-amzn-requestid"]


async def test_a_client_that_goes_away_gets_nothing_and_breaks_nothing() -> None:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        pytest.fail("nobody is there to be answered")

    await APP(scope("POST", b"/", b"", []), receive, send)
