"""Answers have, to the byte where clients look, the forms that AWS's have."""

import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import cbor2
import orjson
import pytest

from mailgauge.aws import serialize
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest, HttpResponse
from mailgauge.aws.models import Models
from mailgauge.aws.routing import Route, Router
from mailgauge.aws.serialize.values import ResultError

ROUTER = Router(["ses", "sesv2", "cloudwatch", "sts", "sns"], Models())
TARGET = "GraniteServiceVersion20100801"


def query(action: str, version: str = "2010-12-01") -> Route:
    return ROUTER.route(HttpRequest("POST", "/", "", {}, f"Action={action}&Version={version}".encode()))


def json_route(operation: str, *, query_mode: bool = True) -> Route:
    headers = {"x-amz-target": f"{TARGET}.{operation}"}
    if query_mode:
        headers["x-amzn-query-mode"] = "true"
    return ROUTER.route(HttpRequest("POST", "/", "", headers, b""))


def cbor_route(operation: str, *, query_mode: bool = True) -> Route:
    headers = {"x-amzn-query-mode": "true"} if query_mode else {}
    return ROUTER.route(HttpRequest("POST", f"/service/{TARGET}/operation/{operation}", "", headers, b""))


SEND_V2 = ROUTER.route(HttpRequest("POST", "/v2/email/outbound-emails", "", {}, b""))


def headers(response: HttpResponse) -> dict[str, str]:
    assert len(dict(response.headers)) == len(response.headers)
    return dict(response.headers)


def test_a_query_result_is_wrapped_and_carries_the_request_id() -> None:
    response = serialize.result(query("SendEmail"), {"MessageId": "m<1>"}, "rid")
    assert response.status == 200
    assert headers(response) == {"x-amzn-RequestId": "rid", "Content-Type": "text/xml"}
    assert response.body == (
        b'<SendEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendEmailResult>'
        b"<MessageId>m&lt;1&gt;</MessageId></SendEmailResult>"
        b"<ResponseMetadata><RequestId>rid</RequestId></ResponseMetadata></SendEmailResponse>"
    )


def test_a_query_operation_without_output_has_only_metadata() -> None:
    body = serialize.result(query("UpdateAccountSendingEnabled"), {}, "rid").body
    assert body == (
        b'<UpdateAccountSendingEnabledResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">'
        b"<ResponseMetadata><RequestId>rid</RequestId></ResponseMetadata></UpdateAccountSendingEnabledResponse>"
    )


def test_empty_lists_are_empty_elements() -> None:
    body = serialize.result(query("ListMetrics", "2010-08-01"), {"Metrics": []}, "rid").body
    assert b"<ListMetricsResult><Metrics/></ListMetricsResult>" in body


def test_lists_and_maps_are_wrapped() -> None:
    body = serialize.result(query("ListIdentities"), {"Identities": ["a", "b"]}, "rid").body
    assert b"<Identities><member>a</member><member>b</member></Identities>" in body
    attributes = {"VerificationAttributes": {"a@b": {"VerificationStatus": "Success"}}}
    body = serialize.result(query("GetIdentityVerificationAttributes"), attributes, "rid").body
    assert (
        b"<VerificationAttributes><entry><key>a@b</key><value><VerificationStatus>Success</VerificationStatus>"
        b"</value></entry></VerificationAttributes>"
    ) in body


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 12, 0, tzinfo=UTC), b"2026-01-02T12:00:00Z"),
        (datetime(2026, 1, 2, 12, 0, 0, 45_999, tzinfo=UTC), b"2026-01-02T12:00:00.045Z"),
        (datetime(2026, 1, 2, 14, 0, tzinfo=timezone(timedelta(hours=2))), b"2026-01-02T12:00:00Z"),
    ],
)
def test_times_in_xml_are_utc_to_the_second_unless_there_is_more(moment: datetime, text: bytes) -> None:
    result = {"SendDataPoints": [{"Timestamp": moment}]}
    assert (
        b"<Timestamp>" + text + b"</Timestamp>"
        in serialize.result(query("GetSendStatistics"), result, "r").body
    )


def test_what_xml_cannot_hold_does_not_break_the_answer() -> None:
    body = serialize.result(query("ListIdentities"), {"Identities": ["a\x00\x1b\r\n\ud800"]}, "rid").body
    assert b"<member>a\xef\xbf\xbd\xef\xbf\xbd&#xD;\n\xef\xbf\xbd</member>" in body


def test_json_times_are_floats() -> None:
    result = {"Datapoints": [{"Timestamp": datetime(2026, 1, 2, 12, 0, tzinfo=UTC), "Sum": 3}]}
    response = serialize.result(json_route("GetMetricStatistics"), result, "rid")
    assert headers(response)["Content-Type"] == "application/x-amz-json-1.0"
    assert response.body == b'{"Datapoints":[{"Timestamp":1767355200.0,"Sum":3.0}]}'


def test_cbor_times_are_tagged_eight_byte_floats() -> None:
    result = {"Datapoints": [{"Timestamp": datetime(2026, 1, 2, 12, 0, tzinfo=UTC)}]}
    response = serialize.result(cbor_route("GetMetricStatistics"), result, "rid")
    assert headers(response)["smithy-protocol"] == "rpc-v2-cbor"
    assert headers(response)["Content-Type"] == "application/cbor"
    assert b"\xc1\xfb" + struct.pack(">d", 1767355200.0) in response.body


def test_operations_without_output_answer_in_json_an_object_and_in_cbor_nothing() -> None:
    assert serialize.result(json_route("PutMetricData"), {}, "rid").body == b"{}"
    response = serialize.result(cbor_route("PutMetricData"), {}, "rid")
    assert response.body == b""
    assert "Content-Type" not in headers(response)


def test_an_empty_rest_result_is_an_object() -> None:
    route = ROUTER.route(HttpRequest("PUT", "/v2/email/account/sending", "", {}, b""))
    response = serialize.result(route, {}, "rid")
    assert (response.status, response.body) == (200, b"{}")
    assert headers(response) == {"x-amzn-RequestId": "rid", "Content-Type": "application/json"}


def test_members_that_are_none_are_left_out() -> None:
    assert (
        serialize.result(json_route("ListMetrics"), {"Metrics": [], "NextToken": None}, "r").body
        == b'{"Metrics":[]}'
    )


@pytest.mark.parametrize(
    "route", [query("SendEmail"), SEND_V2, json_route("ListMetrics"), cbor_route("ListMetrics")]
)
def test_a_result_the_model_does_not_know_is_a_fault_of_ours(route: Route) -> None:
    with pytest.raises(ResultError, match="has no member 'Messageid'"):
        serialize.result(route, {"Messageid": "m"}, "rid")


@pytest.mark.parametrize("code", ["ConfigurationSetDoesNotExist", "ConfigurationSetDoesNotExistException"])
def test_query_errors_carry_the_query_code_under_either_name(code: str) -> None:
    response = serialize.error(
        query("SendEmail"), AwsError(code, "Configuration set <x> does not exist."), "rid"
    )
    assert response.status == 400
    assert headers(response) == {"x-amzn-RequestId": "rid", "Content-Type": "text/xml"}
    assert response.body == (
        b'<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type>'
        b"<Code>ConfigurationSetDoesNotExist</Code><Message>Configuration set &lt;x&gt; does not exist.</Message>"
        b"</Error><RequestId>rid</RequestId></ErrorResponse>"
    )


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ("AlreadyExistsException", "AlreadyExists"),
        ("TemplateDoesNotExistException", "TemplateDoesNotExist"),
        ("LimitExceededException", "LimitExceeded"),
        ("InvalidTrackingOptionsException", "InvalidTrackingOptions"),
        ("MissingRenderingAttributeException", "MissingRenderingAttribute"),
        ("ProductionAccessNotGrantedException", "ProductionAccessNotGranted"),
        ("MessageRejected", "MessageRejected"),
        ("AccountSendingPausedException", "AccountSendingPausedException"),
        ("ConfigurationSetSendingPausedException", "ConfigurationSetSendingPausedException"),
        ("MailFromDomainNotVerifiedException", "MailFromDomainNotVerifiedException"),
        ("TrackingOptionsAlreadyExistsException", "TrackingOptionsAlreadyExistsException"),
        ("TrackingOptionsDoesNotExistException", "TrackingOptionsDoesNotExistException"),
        ("Throttling", "Throttling"),
        ("ValidationException", "ValidationError"),
        ("SerializationException", "MalformedInput"),
    ],
)
def test_ses_v1_codes_are_those_that_boto3_maps_by(shape: str, code: str) -> None:
    response = serialize.error(query("SendTemplatedEmail"), AwsError(shape, "m"), "rid")
    assert f"<Code>{code}</Code>".encode() in response.body


def test_query_errors_carry_further_members_and_no_message_when_there_is_none() -> None:
    error = AwsError("ConfigurationSetDoesNotExist", members={"ConfigurationSetName": "x"})
    body = serialize.error(query("SendEmail"), error, "rid").body
    assert b"</Code><ConfigurationSetName>x</ConfigurationSetName></Error>" in body


def test_a_fault_of_the_service_is_the_receivers() -> None:
    body = serialize.error(query("SendEmail"), AwsError("InternalFailure", "m", status=500), "rid").body
    assert b"<Type>Receiver</Type>" in body


@pytest.mark.parametrize(
    ("code", "status", "name", "member"),
    [
        ("NotFoundException", 404, "NotFoundException", "m"),
        ("TooManyRequestsException", 429, "TooManyRequestsException", "m"),
        ("MessageRejected", 400, "MessageRejected", "m"),
        ("InternalServiceErrorException", 500, "InternalServiceErrorException", "m"),
        ("AccessDenied", 400, "AccessDeniedException", "m"),
        ("SignatureDoesNotMatch", 400, "InvalidSignatureException", None),
    ],
)
def test_rest_errors_name_their_type_in_a_header(
    code: str, status: int, name: str, member: str | None
) -> None:
    response = serialize.error(SEND_V2, AwsError(code, member), "rid")
    assert response.status == status
    assert headers(response)["x-amzn-ErrorType"] == name
    assert orjson.loads(response.body) == ({} if member is None else {"message": member})


NAMESPACE = "com.amazonaws.cloudwatch.v2010_08_01"


@pytest.mark.parametrize(
    ("code", "document", "query_error"),
    [
        (
            "InvalidParameterCombination",
            {"__type": f"{NAMESPACE}#InvalidParameterCombinationException", "message": "m"},
            "InvalidParameterCombination;Sender",
        ),
        (
            "ValidationError",
            {"__type": "com.amazon.coral.validate#ValidationException", "message": "m"},
            "ValidationError;Sender",
        ),
        (
            "InternalServiceFault",
            {"__type": f"{NAMESPACE}#InternalServiceFault", "Message": "m"},
            "InternalServiceError;Receiver",
        ),
        (
            "InvalidFormat",
            {"__type": f"{NAMESPACE}#InvalidFormatFault", "message": "m"},
            "InvalidFormat;Sender",
        ),
        (
            "UnrecognizedClientException",
            {"__type": "com.amazon.coral.service#UnrecognizedClientException", "message": "m"},
            "InvalidClientTokenId;Sender",
        ),
    ],
)
@pytest.mark.parametrize("protocol", ["json", "cbor"])
def test_json_and_cbor_errors_name_shape_and_query_code(
    protocol: str, code: str, document: dict[str, Any], query_error: str
) -> None:
    route = json_route("SetAlarmState") if protocol == "json" else cbor_route("SetAlarmState")
    response = serialize.error(route, AwsError(code, "m"), "rid")
    read = orjson.loads(response.body) if protocol == "json" else cbor2.loads(response.body)
    assert read == document
    assert headers(response)["x-amzn-query-error"] == query_error


def test_an_error_without_a_message_has_no_message_key() -> None:
    response = serialize.error(json_route("SetAlarmState"), AwsError("ResourceNotFound"), "rid")
    assert orjson.loads(response.body) == {"__type": f"{NAMESPACE}#ResourceNotFound"}


def test_the_operation_decides_which_of_two_errors_with_one_code_is_meant() -> None:
    for operation, shape in (
        ("GetDashboard", "DashboardNotFoundError"),
        ("SetAlarmState", "ResourceNotFound"),
    ):
        response = serialize.error(json_route(operation), AwsError("ResourceNotFound", "m"), "rid")
        assert orjson.loads(response.body)["__type"] == f"{NAMESPACE}#{shape}"


@pytest.mark.parametrize(
    ("route", "status"),
    [
        (query("SetAlarmState", "2010-08-01"), 404),
        (json_route("SetAlarmState"), 404),
        (json_route("SetAlarmState", query_mode=False), 400),
        (cbor_route("SetAlarmState"), 404),
        (cbor_route("SetAlarmState", query_mode=False), 400),
    ],
)
def test_not_found_is_404_only_to_clients_that_know_query_errors(route: Route, status: int) -> None:
    assert serialize.error(route, AwsError("ResourceNotFound", "m"), "rid").status == status
