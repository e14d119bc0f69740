"""Which operation a request is for, in every protocol and every SDK release's spelling of it."""

import gzip
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from mailgauge.aws import serialize
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest
from mailgauge.aws.models import Models
from mailgauge.aws.routing import Router, RoutingError

FORM = "application/x-www-form-urlencoded; charset=utf-8"
TARGET = "GraniteServiceVersion20100801"


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(["ses", "sesv2", "cloudwatch", "sts", "sns"], Models())


def form(fields: dict[str, str], **headers: str) -> HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest("POST", "/", "", {"content-type": FORM, **named}, urlencode(fields).encode())


def rest(method: str, path: str) -> HttpRequest:
    return HttpRequest(method, path, "", {}, b"")


@pytest.mark.parametrize(
    ("version", "action", "service"),
    [
        ("2010-12-01", "SendEmail", "ses"),
        ("2010-08-01", "PutMetricData", "cloudwatch"),
        ("2011-06-15", "GetCallerIdentity", "sts"),
        ("2010-03-31", "Publish", "sns"),
    ],
)
def test_query_calls_are_told_apart_by_version(
    router: Router, version: str, action: str, service: str
) -> None:
    route = router.route(form({"Action": action, "Version": version}))
    assert (route.service, route.operation, route.protocol) == (service, action, "query")


def test_a_query_call_may_come_in_the_query_string_of_a_get(router: Router) -> None:
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    assert router.route(HttpRequest("GET", "/", query, {}, b"")).operation == "GetCallerIdentity"


def test_without_a_version_the_signature_tells_the_service(router: Router) -> None:
    scope = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/monitoring/aws4_request, SignedHeaders=host"
    assert router.route(form({"Action": "ListMetrics"}, authorization=scope)).service == "cloudwatch"
    assert router.route(form({"Action": "SendRawEmail"})).service == "ses"


def test_a_gzipped_form_is_read(router: Router) -> None:
    body = gzip.compress(b"Action=PutMetricData&Version=2010-08-01&Namespace=N")
    request = HttpRequest("POST", "/", "", {"content-type": FORM, "content-encoding": "gzip"}, body)
    assert router.route(request).form["Namespace"] == "N"


def test_json_is_routed_by_its_target(router: Router) -> None:
    headers = {"x-amz-target": f"{TARGET}.ListMetrics", "x-amzn-query-mode": "true"}
    route = router.route(HttpRequest("POST", "/", "", headers, b"{}"))
    assert (route.service, route.operation, route.protocol, route.query_mode) == (
        "cloudwatch",
        "ListMetrics",
        "json",
        True,
    )


def test_cbor_is_routed_by_its_path(router: Router) -> None:
    path = f"/service/{TARGET}/operation/ListMetrics"
    route = router.route(HttpRequest("POST", path, "", {"smithy-protocol": "rpc-v2-cbor"}, b"\xa0"))
    assert (route.service, route.operation, route.protocol) == (
        "cloudwatch",
        "ListMetrics",
        "smithy-rpc-v2-cbor",
    )


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/v2/email/outbound-emails", "SendEmail"),
        ("GET", "/v2/email/identities", "ListEmailIdentities"),
        ("POST", "/v2/email/list-identities", "ListEmailIdentities"),
        ("GET", "/v2/email/configuration-sets", "ListConfigurationSets"),
        ("POST", "/v2/email/list-configuration-sets", "ListConfigurationSets"),
        ("GET", "/v2/email/import-jobs", "ListImportJobs"),
        ("POST", "/v2/email/import-jobs/list", "ListImportJobs"),
        ("GET", "/v2/email/contact-lists/c/contacts", "ListContacts"),
        ("POST", "/v2/email/contact-lists/c/contacts/list", "ListContacts"),
        ("PUT", "/v1/email/identities/example.com/dkim/signing", "PutEmailIdentityDkimSigningAttributes"),
        ("PUT", "/v2/email/identities/example.com/dkim/signing", "PutEmailIdentityDkimSigningAttributes"),
        ("GET", "/v2/email/insights/abc/", "GetMessageInsights"),
        ("GET", "/v2/email/insights/abc", "GetMessageInsights"),
        ("GET", "/v2/email/suppression/addresses", "ListSuppressedDestinations"),
    ],
)
def test_rest_paths_of_every_release_are_routed(
    router: Router, method: str, path: str, operation: str
) -> None:
    assert router.route(rest(method, path)).operation == operation


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("user%40example.com", "user@example.com"),
        ("a%2Bb@example.com", "a+b@example.com"),
        ("a+b@example.com", "a+b@example.com"),
        ("100%2525", "100%25"),
        ("a%2Fb", "a/b"),
    ],
)
def test_path_labels_are_decoded_exactly_once(router: Router, raw: str, value: str) -> None:
    route = router.route(rest("GET", f"/v2/email/identities/{raw}"))
    assert route.path_params == {"EmailIdentity": value}


def unroutable(router: Router, request: HttpRequest) -> RoutingError:
    with pytest.raises(RoutingError) as caught:
        router.route(request)
    return caught.value


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: form({"Action": "Nope", "Version": "2010-12-01"}), ("InvalidAction", "query", 400, "Nope")),
        (lambda: form({"Action": "Nope", "Version": "1999-01-01"}), ("InvalidAction", "query", 400, "Nope")),
        (lambda: form({"Version": "2010-12-01"}), ("MissingAction", "query", 400, "action")),
        (lambda: rest("GET", "/"), ("MissingAction", "query", 400, "action")),
        (
            lambda: HttpRequest("POST", "/", "", {"x-amz-target": f"{TARGET}.Nope"}, b"{}"),
            ("UnknownOperationException", "json", 400, "Nope"),
        ),
        (
            lambda: rest("POST", f"/service/{TARGET}/operation/Nope"),
            ("UnknownOperationException", "smithy-rpc-v2-cbor", 400, "Nope"),
        ),
        (
            lambda: HttpRequest("POST", "/", "", {"content-type": "application/x-amz-json-1.0"}, b"{}"),
            ("UnknownOperationException", "json", 400, "X-Amz-Target"),
        ),
        (
            lambda: HttpRequest("POST", "/", "", {"x-amz-target": "DynamoDB_20120810.ListTables"}, b"{}"),
            ("UnknownOperationException", "json", 400, "ListTables"),
        ),
        (
            lambda: rest("PUT", "/v2/email/nope"),
            ("UnknownOperationException", "rest-json", 404, "/v2/email/nope"),
        ),
        (
            lambda: rest("DELETE", "/v2/email/identities/"),
            ("UnknownOperationException", "rest-json", 404, "DELETE"),
        ),
    ],
)
def test_what_is_unknown_is_named_and_answered_in_the_callers_protocol(
    router: Router, make: Callable[[], HttpRequest], expected: tuple[str, str, int, str]
) -> None:
    code, protocol, status, named = expected
    error = unroutable(router, make())
    assert (error.code, error.protocol) == (code, protocol)
    assert named in (error.message or "")
    response = serialize.error(error, error, "rid")
    assert response.status == status
    assert ("x-amzn-RequestId", "rid") in response.headers


def test_a_bomb_is_refused_while_looking_for_the_action() -> None:
    router = Router(["cloudwatch"], Models(), limit=1000)
    body = gzip.compress(b"Action=PutMetricData&Version=2010-08-01&Namespace=" + b"N" * 5000)
    request = HttpRequest("POST", "/", "", {"content-type": FORM, "content-encoding": "gzip"}, body)
    error = unroutable(router, request)
    assert error.code == "RequestEntityTooLarge"
    assert serialize.error(error, AwsError(error.code, status=413), "rid").status == 413


def test_preparing_loads_everything_the_first_request_would_wait_for() -> None:
    models = Models()
    router = Router(["ses", "sesv2"], models)
    router.prepare()
    assert router.route(rest("GET", "/v2/email/account")).service_model is models.load("sesv2")
