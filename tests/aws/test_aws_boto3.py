"""An unmodified boto3 client on the other side of the wire layer, without a network between."""

import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from mailgauge.aws import serialize
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest
from mailgauge.aws.models import Models
from mailgauge.aws.parse import parse
from mailgauge.aws.routing import Route, Router

Handler = Callable[[Route, dict[str, Any]], dict[str, Any]]
SERVICES = ["ses", "sesv2", "cloudwatch", "sts", "sns"]
MODELS = Models()
ROUTER = Router(SERVICES, MODELS)


class Raw(io.BytesIO):
    """What botocore reads a response's body from."""

    def stream(self, **_: Any) -> Any:
        while chunk := self.read(4096):
            yield chunk


def client_of(service: str, handler: Handler) -> Any:
    """A client whose requests are answered by ``handler`` as our gateway would carry them there and back."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        path, _sep, query = request.url.removeprefix("http://wire.test").partition("?")
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        asked = HttpRequest(request.method, path, query, headers, raw)
        route = ROUTER.route(asked)
        try:
            response = serialize.result(route, handler(route, parse(route, asked)), "rid")
        except AwsError as error:
            response = serialize.error(route, error, "rid")
        return AWSResponse(request.url, response.status, dict(response.headers), Raw(response.body))

    client = boto3.client(
        service,
        endpoint_url="http://wire.test",
        region_name="eu-west-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=Config(retries={"max_attempts": 0}, parameter_validation=False),
    )
    client.meta.events.register("before-send", answer)
    return client


def failing(code: str, message: str | None = "why") -> Handler:
    def handler(route: Route, params: dict[str, Any]) -> dict[str, Any]:
        raise AwsError(code, message)

    return handler


def test_an_email_is_sent_with_either_api() -> None:
    seen: list[dict[str, Any]] = []

    def handler(route: Route, params: dict[str, Any]) -> dict[str, Any]:
        seen.append(params)
        return {"MessageId": f"from {route.service}"}

    body = {"Data": "Zażółć & <b>=\r\n", "Charset": "UTF-8"}
    old = {
        "Source": "a@b",
        "Destination": {"ToAddresses": ["c@d"]},
        "Message": {"Subject": body, "Body": {"Text": body}},
    }
    new = {
        "FromEmailAddress": "a@b",
        "Content": {"Raw": {"Data": b"\x00\xff"}},
        "EmailTags": [{"Name": "n", "Value": "v"}],
    }
    assert client_of("ses", handler).send_email(**old)["MessageId"] == "from ses"
    answer = client_of("sesv2", handler).send_email(**new)
    assert answer["MessageId"] == "from sesv2"
    assert answer["ResponseMetadata"]["RequestId"] == "rid"
    assert seen == [old, new]


def test_a_large_put_metric_data_arrives_though_the_client_compresses_it() -> None:
    data = [
        {"MetricName": f"metric {n}", "Values": [1.5, float(n)], "Counts": [1.0, 2.0]} for n in range(500)
    ]
    seen: list[dict[str, Any]] = []

    def handler(route: Route, params: dict[str, Any]) -> dict[str, Any]:
        seen.append(params)
        return {}

    client_of("cloudwatch", handler).put_metric_data(Namespace="N", MetricData=data)
    assert seen == [{"Namespace": "N", "MetricData": data}]


@pytest.mark.parametrize(("service", "call"), [("ses", "get_send_quota"), ("sesv2", "get_account")])
def test_every_modelled_error_is_the_clients_own_exception(service: str, call: str) -> None:
    for shape in MODELS.load(service).model.error_shapes:
        client = client_of(service, failing(shape.name))
        with pytest.raises(getattr(client.exceptions, shape.name)) as caught:
            getattr(client, call)()
        assert caught.value.response["Error"]["Message"] == "why"


@pytest.mark.parametrize("call", ["list_metrics", "list_dashboards"])
def test_cloudwatch_errors_have_a_query_code_and_a_shape(call: str) -> None:
    client = client_of("cloudwatch", failing("InvalidParameterCombination"))
    with pytest.raises(client.exceptions.InvalidParameterCombinationException) as caught:
        getattr(client, call)()
    error = caught.value.response["Error"]
    assert (error["Code"], error["QueryErrorCode"]) == (
        "InvalidParameterCombination",
        "InvalidParameterCombinationException",
    )


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("ses", "get_send_quota", "ValidationError"),
        ("cloudwatch", "list_metrics", "ValidationError"),
        ("sesv2", "get_account", "ValidationException"),
        ("sts", "get_caller_identity", "ValidationError"),
    ],
)
def test_violations_have_the_code_of_each_services_protocol(service: str, call: str, code: str) -> None:
    client = client_of(service, failing("ValidationError", "1 validation error detected: ..."))
    with pytest.raises(ClientError) as caught:
        getattr(client, call)()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Message"] == "1 validation error detected: ..."


def test_an_invalid_dashboard_brings_its_messages() -> None:
    def handler(route: Route, params: dict[str, Any]) -> dict[str, Any]:
        messages = [{"DataPath": "/widgets/0", "Message": json.dumps(params["DashboardName"])}]
        raise AwsError("InvalidParameterInput", "invalid", members={"dashboardValidationMessages": messages})

    client = client_of("cloudwatch", handler)
    with pytest.raises(ClientError) as caught:
        client.put_dashboard(DashboardName="d", DashboardBody="{}")
    assert caught.value.response["dashboardValidationMessages"] == [
        {"DataPath": "/widgets/0", "Message": '"d"'}
    ]
