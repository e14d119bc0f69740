"""Requests to the AWS APIs, in each protocol: whatever comes, what goes back is an answer of ours and no failure."""

import asyncio

from mailgauge.aws.http import HttpRequest
from mailgauge.aws.models import Models
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.aws.routing import Router
from mailgauge.base.clock import ManualClock
from mailgauge.gateway.dispatch import Gateway
from mailgauge.iam.authentication import Open

MODELS = Models()
SERVICES = ("ses", "sesv2", "cloudwatch", "sts")
SEEDS = (
    b"0Action=SendEmail&Version=2010-12-01&Source=a&Destination.ToAddresses.member.1=b&Message.Subject.Data=%FF",
    b"0Action=PutMetricData&Version=2010-08-01&Namespace=a&MetricData.member.1.Value=1e5&MetricData.member.99999999.X=1",
    b'1{"Namespace": "a", "MetricData": [{"MetricName": "b", "Value": 1, "Timestamp": 1.7e9}]}',
    b'2{"FromEmailAddress": "a@b.c", "Content": {"Raw": {"Data": "YQ=="}}, "EmailTags": [{"Name": "a", "Value": "b"}]}',
    b"3\xbf\x69Namespace\x61a\x6aMetricData\x9f\xbf\x65Value\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00\xff\xff\xff",
    b"4AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=ab",
    b"5/v2/email/identities/a%2Fb/policies/..%00?NextToken=a&PageSize=1",
)


async def _anything(caller: Caller, params: Params) -> Result:
    return {}


def _all() -> dict[str, dict[str, Handler]]:
    return {name: dict.fromkeys(MODELS.load(name).operation_names, _anything) for name in SERVICES}


GATEWAY = Gateway(Router(SERVICES, MODELS), Open(ManualClock()), _all())


def one_input(data: bytes) -> None:
    answer = asyncio.run(GATEWAY.handle(_request(data[:1], data[1:])))
    assert answer.status < 500, answer.body


def _request(kind: bytes, data: bytes) -> HttpRequest:
    """The first byte says in which protocol the others are said."""
    text = data.decode("latin-1")
    form = {"content-type": "application/x-www-form-urlencoded"}
    match kind:
        case b"0":
            return _post(form, data)
        case b"1":
            target = {"x-amz-target": "GraniteServiceVersion20100801.PutMetricData"}
            return _post({**target, "content-type": "application/x-amz-json-1.0"}, data)
        case b"2":
            return _post({"content-type": "application/json"}, data, "/v2/email/outbound-emails")
        case b"3":
            path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
            return _post({"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}, data, path)
        case b"4":
            return _post({**form, "authorization": text}, b"")
        case _:
            path, _, query = text.partition("?")
            return HttpRequest("GET", f"/{path.lstrip('/')}", query, {"host": "localhost"}, b"")


def _post(headers: dict[str, str], body: bytes, path: str = "/") -> HttpRequest:
    return HttpRequest("POST", path, "", {"host": "localhost", **headers}, body)
