"""Parameters come out of requests as the models type them, and out of bad requests comes nothing but AWS's error."""

import base64
import gzip
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

import cbor2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.aws import serialize
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest
from mailgauge.aws.models import Models
from mailgauge.aws.parse import parse
from mailgauge.aws.routing import Router, RoutingError

ROUTER = Router(["ses", "sesv2", "cloudwatch", "sts", "sns"], Models())
TARGET = "GraniteServiceVersion20100801"
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def form(body: bytes | str) -> HttpRequest:
    raw = body.encode() if isinstance(body, str) else body
    return HttpRequest("POST", "/", "", {"content-type": "application/x-www-form-urlencoded"}, raw)


def json_call(operation: str, body: bytes) -> HttpRequest:
    return HttpRequest("POST", "/", "", {"x-amz-target": f"{TARGET}.{operation}"}, body)


def cbor_call(operation: str, body: bytes) -> HttpRequest:
    headers = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
    return HttpRequest("POST", f"/service/{TARGET}/operation/{operation}", "", headers, body)


def rest(method: str, path: str, body: bytes = b"", query: str = "") -> HttpRequest:
    return HttpRequest(method, path, query, {"content-type": "application/json"}, body)


def params(request: HttpRequest) -> dict[str, Any]:
    return parse(ROUTER.route(request), request)


def refused(request: HttpRequest) -> AwsError:
    with pytest.raises(AwsError) as caught:
        params(request)
    return caught.value


STATISTICS = "Action=GetMetricStatistics&Version=2010-08-01&StartTime="


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T12:00:00Z",
        "2026-01-02T12%3A00%3A00.000Z",
        "2026-01-02T13:00:00%2B01:00",
        "2026-01-02T12:00:00",
        "1767355200",
        "1767355200.0",
        "Fri, 02 Jan 2026 12:00:00 GMT",
    ],
)
def test_timestamps_are_aware_and_utc_in_whatever_form_they_come(text: str) -> None:
    moment = params(form(STATISTICS + text))["StartTime"]
    assert moment == NOON
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("text", ["now", "2026-13-01T00:00:00Z", "1e400", "-1e300", "NaN", "Fri, 99 Jan", ""])
def test_what_is_no_timestamp_is_malformed(text: str) -> None:
    assert refused(form(STATISTICS + text)).code == "MalformedInput"


@pytest.mark.parametrize("stamp", [1767355200, 1767355200.0, "2026-01-02T12:00:00Z"])
def test_json_timestamps_are_numbers_or_text(stamp: object) -> None:
    body = orjson.dumps({"StartTime": stamp})
    assert params(json_call("GetMetricStatistics", body))["StartTime"] == NOON


def test_cbor_timestamps_are_tagged() -> None:
    body = cbor2.dumps({"StartTime": cbor2.CBORTag(1, 1767355200.0)})
    assert params(cbor_call("GetMetricStatistics", body))["StartTime"] == NOON
    assert refused(cbor_call("GetMetricStatistics", cbor2.dumps({"StartTime": 1767355200}))).status == 400


def test_list_members_are_in_the_order_of_their_numbers() -> None:
    prefix = "Action=SendEmail&Version=2010-12-01"
    request = form(
        f"{prefix}&Destination.ToAddresses.member.10=c&Destination.ToAddresses.member.2=b&ReplyToAddresses="
    )
    assert params(request) == {"Destination": {"ToAddresses": ["b", "c"]}, "ReplyToAddresses": []}


@pytest.mark.parametrize(
    "body",
    [
        "Destination.ToAddresses.member.x=a",
        "Destination.ToAddresses.member.-1=a",
        "Destination.ToAddresses=a",
        "Destination=a",
        "Source.member.1=a",
        "Source=%zz",
        "Source=%",
        "Source=%ff",
        ".".join(["Destination"] * 100) + "=a",
    ],
)
def test_forms_that_make_no_sense_are_malformed(body: str) -> None:
    assert refused(form(f"Action=SendEmail&Version=2010-12-01&{body}")).code == "MalformedInput"


def test_form_values_are_decoded_byte_for_byte() -> None:
    text = "a=b&c+d %41 \r\n =\n=\r\n é 🐱 " + "".join(map(chr, range(32, 127)))
    quoted = "".join(f"%{byte:02X}" for byte in text.encode())
    raw = form(f"Action=SendEmail&Version=2010-12-01&Source={quoted}&ReturnPath=x=y=")
    assert params(raw) == {"Source": text, "ReturnPath": "x=y="}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_a_form(text: str) -> None:
    assert params(form("Action=SendEmail&Version=2010-12-01&Source=" + quote_plus(text)))["Source"] == text


@pytest.mark.parametrize("encoded", ["aGVsbG8gd29ybGQ=", "aGVsbG8g%0D%0Ad29ybGQ%3D%0A"])
def test_blobs_are_base64_with_or_without_line_breaks(encoded: str) -> None:
    request = form(f"Action=SendRawEmail&Version=2010-12-01&RawMessage.Data={encoded}")
    assert params(request) == {"RawMessage": {"Data": b"hello world"}}


@pytest.mark.parametrize("encoded", ["aGVsbG8", "hello!", "====", "é"])
def test_bad_base64_is_refused(encoded: str) -> None:
    assert (
        refused(form(f"Action=SendRawEmail&Version=2010-12-01&RawMessage.Data={encoded}")).code
        == "MalformedInput"
    )
    body = orjson.dumps({"Content": {"Raw": {"Data": encoded}}})
    assert refused(rest("POST", "/v2/email/outbound-emails", body)).code == "SerializationException"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not valid JSON"),
        (b"\xff", "not valid JSON"),
        (b"[]", "Start of list"),
        (b'"x"', "STRING_VALUE"),
        (b'{"Namespace": 1}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Namespace": {}}', "Start of structure or map"),
        (b'{"MetricData": {}}', "Start of structure or map"),
        (b'{"MetricData": [1]}', "NUMBER_VALUE"),
        (b'{"MetricData": [{"Value": "1"}]}', "STRING_VALUE can not be converted to a Double"),
        (b'{"MetricData": [{"StorageResolution": 1.5}]}', "NUMBER_VALUE can not be converted to an Integer"),
        (b'{"MetricData": [{"StorageResolution": 99999999999}]}', "out of range"),
        (b'{"MetricData": [{"Timestamp": 1e300}]}', "out of range"),
        (b'{"MetricData": [{"Timestamp": true}]}', "TRUE_VALUE"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_json_that_does_not_fit_the_model_is_a_serialization_error(body: bytes, words: str) -> None:
    error = refused(json_call("PutMetricData", body))
    assert (error.code, error.status) == ("SerializationException", 400)
    assert words in (error.message or "")


def test_json_null_and_unknown_members_count_as_not_given() -> None:
    body = b'{"Namespace": "N", "Dimensions": null, "NoSuchMember": {"a": [1]}, "MetricName": null}'
    assert params(json_call("ListMetrics", body)) == {"Namespace": "N"}
    assert params(json_call("ListMetrics", b"")) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"\x81" * 1000,
        b"\xff",
        b"\xbf",
        cbor2.dumps([1]),
        cbor2.dumps({"MetricData": [{"Value": "1"}]}),
        cbor2.dumps({1: 2, b"x": 3, "Namespace": b"bytes"}),
        bytes.fromhex("a1694e616d657370616365d81c81d81d00"),  # a list that contains itself
        bytes.fromhex("a1694e616d657370616365c482" + "1b7fffffffffffffff" + "01"),  # 1e9223372036854775807
        bytes.fromhex("a1694e616d657370616365d8236428612b29"),  # a regular expression
        bytes.fromhex("a1695374617274"),
    ],
)
def test_cbor_that_does_not_fit_the_model_is_a_serialization_error(body: bytes) -> None:
    error = refused(cbor_call("PutMetricData", body))
    assert (error.code, error.status) == ("SerializationException", 400)


@pytest.mark.parametrize("protocol", ["query", "json", "cbor"])
def test_gzipped_bodies_are_read_in_every_protocol(protocol: str) -> None:
    request = {
        "query": form("Action=PutMetricData&Version=2010-08-01&Namespace=N"),
        "json": json_call("PutMetricData", b'{"Namespace": "N"}'),
        "cbor": cbor_call("PutMetricData", cbor2.dumps({"Namespace": "N"})),
    }[protocol]
    headers = {**request.headers, "content-encoding": "gzip"}
    packed = HttpRequest(request.method, request.path, "", headers, gzip.compress(request.body))
    assert params(packed) == {"Namespace": "N"}
    torn = HttpRequest(request.method, request.path, "", headers, packed.body[:-9])
    assert refused(torn).code in {"SerializationException", "MalformedInput"}
    twice = HttpRequest(request.method, request.path, "", headers, packed.body * 2)
    assert refused(twice).code in {"SerializationException", "MalformedInput"}
    unknown = HttpRequest(
        request.method, request.path, "", {**headers, "content-encoding": "br"}, request.body
    )
    assert refused(unknown).code in {"SerializationException", "MalformedInput"}


def test_a_bomb_is_refused_before_it_is_expanded() -> None:
    request = json_call("PutMetricData", b"")
    bomb = gzip.compress(b'{"Namespace": "' + b"N" * 10_000_000 + b'"}')
    packed = HttpRequest("POST", "/", "", {**request.headers, "content-encoding": "gzip"}, bomb)
    with pytest.raises(AwsError) as caught:
        parse(ROUTER.route(packed), packed, limit=1_000_000)
    assert (caught.value.code, caught.value.status) == ("RequestEntityTooLarge", 413)


def test_rest_parameters_come_from_path_query_and_body() -> None:
    arn = "arn%3Aaws%3Ases%3Aus-east-1%3A000000000000%3Aidentity%2Fa%2Bb%40example.com"
    assert params(rest("DELETE", "/v2/email/tags", query=f"ResourceArn={arn}&TagKeys=a&TagKeys=b+c")) == {
        "ResourceArn": "arn:aws:ses:us-east-1:000000000000:identity/a+b@example.com",
        "TagKeys": ["a", "b c"],
    }
    body = b'{"TrackingOptions": {"CustomRedirectDomain": "d"}, "ConfigurationSetName": "not me"}'
    request = rest("PUT", "/v2/email/configuration-sets/mine/tracking-options", body)
    assert params(request)["ConfigurationSetName"] == "mine"


@pytest.mark.parametrize(
    "request_",
    [
        rest("GET", "/v2/email/identities", query="PageSize=5&NextToken=a%3D"),
        rest("POST", "/v2/email/list-identities", b'{"PageSize": 5, "NextToken": "a="}'),
    ],
)
def test_what_moved_from_query_to_body_between_releases_is_found_in_either(request_: HttpRequest) -> None:
    assert params(request_) == {"PageSize": 5, "NextToken": "a="}


def test_an_old_client_may_send_a_filter_in_a_get_and_the_page_size_in_its_query() -> None:
    body = b'{"Filter": {"FilteredStatus": "OPT_IN"}}'
    request = rest("GET", "/v2/email/contact-lists/c/contacts", body, "PageSize=5")
    expected = {"ContactListName": "c", "Filter": {"FilteredStatus": "OPT_IN"}, "PageSize": 5}
    assert params(request) == expected
    # a structure has no place in a query string
    assert params(rest("GET", "/v2/email/contact-lists/c/contacts", body, "PageSize=5&Filter=x")) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["MetricData", "Namespace", "Timestamp", "Value", "Values", "Dimensions", "Name", "x"]
            ),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)
FORM_NAMES = st.lists(
    st.sampled_from(
        ["MetricData", "member", "entry", "1", "2", "Value", "Dimensions", "Timestamp", "-1", "", "x"]
    ),
    min_size=1,
    max_size=6,
).map(".".join)


def is_answered(request: HttpRequest) -> bool:
    """Whether it is understood, or refused by an AWS error that can be told; any other error is raised."""
    try:
        route = ROUTER.route(request)
    except RoutingError as error:
        return error.status >= 400
    try:
        parse(route, request)
    except AwsError as error:
        return serialize.error(route, error, "rid").status >= 400
    return True


@given(JSON)
def test_no_json_value_brings_anything_but_an_aws_error(value: object) -> None:
    assert is_answered(json_call("PutMetricData", orjson.dumps(value)))
    assert is_answered(cbor_call("PutMetricData", cbor2.dumps(value)))


@given(st.binary(max_size=60))
def test_no_bytes_bring_anything_but_an_aws_error(body: bytes) -> None:
    assert is_answered(json_call("PutMetricData", body))
    assert is_answered(cbor_call("PutMetricData", body))
    assert is_answered(rest("POST", "/v2/email/outbound-emails", body))
    assert is_answered(form(b"Action=PutMetricData&Version=2010-08-01&" + body))
    assert is_answered(form(body))
    text = body.decode("latin-1")
    assert is_answered(HttpRequest("GET", "/" + text, text, {}, b""))
    assert is_answered(HttpRequest("GET", "/v2/email/tags", text, {}, b""))
    assert is_answered(HttpRequest("GET", "/", "Action=" + text, {}, b""))


@given(st.dictionaries(FORM_NAMES, st.text(max_size=8), max_size=6))
def test_no_form_brings_anything_but_an_aws_error(fields: dict[str, str]) -> None:
    assert is_answered(form("Action=PutMetricData&Version=2010-08-01&" + urlencode(fields)))
    assert is_answered(
        form("Action=SendRawEmail&Version=2010-12-01&RawMessage.Data=" + base64.b64encode(b"x").decode())
    )
