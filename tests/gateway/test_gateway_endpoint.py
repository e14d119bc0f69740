"""The endpoint as clients meet it: botocore's client over real HTTP, signatures verified."""

import asyncio
import http.client
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from mailgauge.aws.models import Models
from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.aws.routing import Router
from mailgauge.base.asgi import Receive, Scope, Send
from mailgauge.base.clock import ManualClock, SystemClock
from mailgauge.gateway.app import EndpointApp, Mount
from mailgauge.gateway.asgi import respond
from mailgauge.gateway.bodies import Bodies
from mailgauge.gateway.dispatch import Gateway
from mailgauge.gateway.guards import FromElsewhere, Guard
from mailgauge.gateway.operations import Services
from mailgauge.iam import api, keys
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.authentication import Authenticator, Open, Verified
from mailgauge.iam.keys import NewKey
from mailgauge.iam.policies import Policy
from mailgauge.iam.schema import SCHEMA
from mailgauge.iam.secrets import MasterKey
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import StoreUnavailableError

ACCOUNT = "123456789012"
MODELS = Models()
FORM = {"content-type": "application/x-www-form-urlencoded"}
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"


async def _quota(caller: Caller, params: Params) -> Result:
    return {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0}


async def _broken(caller: Caller, params: Params) -> Result:
    raise RuntimeError("a detail that is nobody's business")


async def _empty(caller: Caller, params: Params) -> Result:
    return {}


async def _full(caller: Caller, params: Params) -> Result:
    raise StoreUnavailableError("database or disk is full")


async def _confirm(caller: Caller, params: Params) -> Result:
    return {"SubscriptionArn": "by nobody" if caller.is_anonymous else caller.arn}


def services() -> Services:
    ses: dict[str, Handler] = {
        "GetSendQuota": _quota,
        "GetSendStatistics": _broken,
        "SendEmail": _empty,
        "VerifyEmailIdentity": _empty,
    }
    sesv2: dict[str, Handler] = {
        "GetAccount": _empty,
        "ListEmailIdentities": _broken,
        "DeleteEmailIdentity": _empty,
        "ListConfigurationSets": _full,
    }
    cloudwatch: dict[str, Handler] = {
        "ListMetrics": _broken,
        "DeleteAlarms": _full,
        "DescribeAlarms": _empty,
        "PutMetricData": _empty,
        "PutMetricAlarm": _empty,
        "SetAlarmState": _empty,
    }
    sns: dict[str, Handler] = {"ConfirmSubscription": _confirm, "Unsubscribe": _empty, "ListTopics": _empty}
    return {"sts": api.operations(), "ses": ses, "sesv2": sesv2, "cloudwatch": cloudwatch, "sns": sns}


def gateway(authenticator: Authenticator) -> Gateway:
    return Gateway(Router(("ses", "sesv2", "cloudwatch", "sts", "sns"), MODELS), authenticator, services())


@dataclass
class Service:
    """A verifying endpoint with the key ``alice`` has."""

    url: str
    store: SqliteStore
    master: MasterKey
    active: ActiveKeys
    clock: ManualClock
    alice: NewKey

    async def key(self, name: str, policy: Policy) -> NewKey:
        return await self.store.write(
            lambda tx: keys.create(tx, self.master, account=ACCOUNT, user_name=name, policy=policy, now=0.0)
        )


@pytest.fixture
async def service(tmp_path: Path, serve: Any) -> AsyncIterator[Service]:
    store = SqliteStore.open(tmp_path / "mail.db", [SCHEMA])
    master = MasterKey.load_or_create(tmp_path / "master.key")
    clock = ManualClock(SystemClock().real())
    active = ActiveKeys(store, master, clock)
    url = await serve(EndpointApp(gateway(Verified(active, clock)), {}, bodies=Bodies(100_000)))
    alice = await store.write(
        lambda tx: keys.create(tx, master, account=ACCOUNT, user_name="alice", policy=Policy.FULL, now=0.0)
    )
    yield Service(url, store, master, active, clock, alice)
    store.close()


def signer(service: Service, aws: Any, name: str = "sts", key: NewKey | None = None, **changed: Any) -> Any:
    key = key or service.alice
    use = {"key": key.key.access_key_id, "secret": key.secret, **changed}
    return aws(service.url, service=name, **use)


async def refused(call: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        await call
    response = caught.value.response
    assert response["ResponseMetadata"]["RequestId"]
    return (
        response["Error"]["Code"],
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Message"],
    )


async def plain(
    url: str,
    method: str = "POST",
    path: str = "/",
    body: bytes | Iterable[bytes] = WHO,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """A request of no SDK at all."""

    def send() -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        connection.request(method, path, body, {**FORM, **(headers or {})})
        response = connection.getresponse()
        answer = response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        connection.close()
        return answer

    return await asyncio.to_thread(send)


async def test_a_signed_caller_learns_who_they_are(service: Service, aws: Any) -> None:
    answer = await signer(service, aws).call("get_caller_identity")
    assert answer["Account"] == ACCOUNT
    assert answer["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert answer["UserId"] == service.alice.key.access_key_id
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]


@pytest.mark.parametrize(
    "identity", ["a.test", "user+tag@a.test", "a b/c?d#e%2F", "ünï@exämple.test", "..", "it's(a)!*~"]
)
async def test_whatever_a_path_holds_its_signature_is_verified(
    service: Service, aws: Any, identity: str
) -> None:
    client = signer(service, aws, "sesv2")
    answer = await client.call("delete_email_identity", EmailIdentity=identity)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("name", "operation", "bad_secret", "bad_key"),
    [
        ("sts", "get_caller_identity", "SignatureDoesNotMatch", "InvalidClientTokenId"),
        ("ses", "get_send_quota", "SignatureDoesNotMatch", "InvalidClientTokenId"),
        ("sesv2", "get_account", "InvalidSignatureException", "UnrecognizedClientException"),
        # Its JSON protocol is query compatible, so clients see the query codes
        ("cloudwatch", "describe_alarms", "SignatureDoesNotMatch", "InvalidClientTokenId"),
    ],
)
async def test_a_bad_secret_and_an_unknown_key_are_refused_under_the_names_of_each_protocol(
    *, service: Service, aws: Any, name: str, operation: str, bad_secret: str, bad_key: str
) -> None:
    await signer(service, aws, name).call(operation)
    code, status, text = await refused(signer(service, aws, name, secret="wrong").call(operation))
    assert (code, status) == (bad_secret, 403)
    assert text.startswith("The request signature we calculated does not match the signature you provided.")
    answer = await refused(
        signer(service, aws, name, key=service.alice, secret="x", token="t").call(operation)
    )
    assert answer == (bad_key, 403, "The security token included in the request is invalid.")
    unknown = aws(service.url, "AKIAUNKNOWN", "x", service=name)
    assert await refused(unknown.call(operation)) == answer


async def test_a_key_disabled_in_this_process_is_refused_at_once(service: Service, aws: Any) -> None:
    client = signer(service, aws)
    await client.call("get_caller_identity")
    key_id = service.alice.key.access_key_id
    await service.store.write(lambda tx: keys.disable(tx, key_id, 1.0))
    service.active.forget(key_id)
    assert (await refused(client.call("get_caller_identity")))[:2] == ("InvalidClientTokenId", 403)


async def test_a_key_disabled_in_another_process_is_refused_within_a_second(
    service: Service, aws: Any
) -> None:
    client = signer(service, aws)
    await client.call("get_caller_identity")
    await service.store.write(lambda tx: keys.disable(tx, service.alice.key.access_key_id, 1.0))
    service.clock.step(1.0)
    assert (await refused(client.call("get_caller_identity")))[:2] == ("InvalidClientTokenId", 403)


async def test_a_clock_that_is_off_is_told_so(service: Service, aws: Any) -> None:
    service.clock.step(3600)
    code, status, text = await refused(signer(service, aws).call("get_caller_identity"))
    assert (code, status) == ("SignatureDoesNotMatch", 403)
    assert text.startswith("Signature expired: ")
    assert text.endswith(" - 15 min.)")


async def test_a_signature_for_another_service_is_refused(service: Service, aws: Any) -> None:
    client = signer(service, aws, "ses")
    client.client.meta.events.register("choose-signer.ses", lambda **_: None)
    client.client._request_signer._signing_name = "sts"
    _, _, text = await refused(client.call("get_send_quota"))
    assert text == "Credential should be scoped to correct service: 'ses'."


async def test_a_presigned_url_works_until_it_expires(service: Service, aws: Any) -> None:
    url = signer(service, aws).client.generate_presigned_url(
        "get_caller_identity", ExpiresIn=60, HttpMethod="GET"
    )
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}"
    status, _, body = await plain(service.url, "GET", path, b"")
    assert status == 200
    assert b"user/alice" in body
    service.clock.step(120)
    status, _, body = await plain(service.url, "GET", path, b"")
    assert status == 403
    assert b"RequestExpired" in body


async def test_the_signature_of_a_compressed_body_is_verified_as_it_was_sent(
    service: Service, aws: Any
) -> None:
    """botocore compresses metric data from 10 KB on, and signs what it sends."""
    client = signer(service, aws, "cloudwatch")
    encodings: list[bytes] = []
    client.client.meta.events.register(
        "before-send.cloudwatch",
        lambda request, **_: encodings.append(request.headers.get("Content-Encoding")),
    )
    data = [{"MetricName": f"metric-{n}", "Value": float(n)} for n in range(500)]
    await client.call("put_metric_data", Namespace="test", MetricData=data)
    assert encodings == [b"gzip"]


async def test_an_unsigned_request_is_refused(service: Service) -> None:
    status, headers, body = await plain(service.url)
    assert status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in body
    assert headers["x-amzn-requestid"]
    status, headers, _ = await plain(service.url, "GET", "/v2/email/account", b"")
    assert (status, headers["x-amzn-errortype"]) == (403, "MissingAuthenticationTokenException")


LINK = "/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:111122223333:news&Token=abc"


async def test_the_links_of_notifications_need_no_signature_and_the_other_operations_do(
    service: Service, aws: Any
) -> None:
    status, _, body = await plain(service.url, "GET", LINK, b"")
    assert (status, b"<SubscriptionArn>by nobody<" in body) == (200, True)
    for path in (
        LINK.replace("Token=abc", "Token=abc&X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        "/?Action=ListTopics",
    ):
        status, _, body = await plain(service.url, "GET", path, b"")
        assert status in {400, 403}, body
    arn = "arn:aws:sns:eu-west-1:111122223333:news"
    signed = await signer(service, aws, "sns").call("confirm_subscription", TopicArn=arn, Token="abc")
    assert signed["SubscriptionArn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"


async def test_a_policy_holds_its_key_to_what_it_allows(service: Service, aws: Any) -> None:
    reader = await service.key("reader", Policy.READ_ONLY)
    sender = await service.key("sender", Policy.SEND)
    await signer(service, aws, "sesv2", reader).call("get_account")
    code, status, text = await refused(
        signer(service, aws, "sesv2", reader).call("delete_email_identity", EmailIdentity="example.com")
    )
    assert (code, status) == ("AccessDeniedException", 403)
    assert text == (
        f"User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: ses:DeleteEmailIdentity "
        f"on resource: arn:aws:ses:eu-west-1:{ACCOUNT}:*"
    )
    denied = signer(service, aws, "ses", sender).call("verify_email_identity", EmailAddress="a@example.com")
    assert (await refused(denied))[:2] == ("AccessDenied", 403)
    assert (await signer(service, aws, key=sender).call("get_caller_identity"))["Arn"].endswith("user/sender")


@pytest.mark.parametrize(
    ("name", "operation", "code"),
    [
        ("ses", "get_send_statistics", "InternalFailure"),
        ("sesv2", "list_email_identities", "InternalServiceErrorException"),
        ("cloudwatch", "list_metrics", "InternalServiceError"),
    ],
)
async def test_a_failure_of_ours_tells_nothing_of_its_cause(
    *, service: Service, aws: Any, name: str, operation: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    found, status, text = await refused(signer(service, aws, name).call(operation))
    assert (found, status) == (code, 500)
    assert "detail" not in text
    [record] = [r for r in caplog.records if r.name == "mailgauge.gateway.dispatch"]
    assert vars(record)["request_id"] in text
    assert service.alice.secret not in caplog.text


async def test_a_disk_that_takes_nothing_is_told_so_that_clients_try_again(
    service: Service, aws: Any, caplog: pytest.LogCaptureFixture
) -> None:
    v2, cloudwatch = signer(service, aws, "sesv2"), signer(service, aws, "cloudwatch")
    for call in (v2.call("list_configuration_sets"), cloudwatch.call("delete_alarms", AlarmNames=["a"])):
        code, status, _ = await refused(call)
        assert (code, status) == ("ServiceUnavailable", 503)
    assert "database or disk is full" in [vars(record).get("reason") for record in caplog.records]


@pytest.mark.parametrize(
    ("name", "operation", "params", "code"),
    [
        ("ses", "list_identities", {}, "InvalidAction"),
        ("sesv2", "get_contact_list", {"ContactListName": "x"}, "UnknownOperationException"),
        ("cloudwatch", "list_dashboards", {}, "InvalidAction"),
    ],
)
async def test_an_operation_that_is_not_implemented_is_named(
    *, service: Service, aws: Any, name: str, operation: str, params: Params, code: str
) -> None:
    found, status, text = await refused(signer(service, aws, name).call(operation, **params))
    assert (found, status) == (code, 400)
    assert operation.replace("_", "") in text.lower()
    assert "not implemented by Mailgauge" in text


async def test_a_body_over_the_limit_is_refused_in_the_callers_protocol(service: Service) -> None:
    status, _, body = await plain(service.url, body=WHO + b"&x=" + b"y" * 100_000)
    assert status == 413
    assert b"<Code>RequestEntityTooLarge</Code>" in body
    status, _, _ = await plain(service.url, body=(b"y" * 60_000 for _ in range(2)))
    assert status == 413


# ---- the open mode


@pytest.fixture
async def local(serve: Any) -> str:
    async def hello(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, [], f"{scope['root_path']} {scope['path']}".encode())

    mounts = {
        "/console": Mount(hello, FromElsewhere.LINK),
        "/console/x": Mount(hello),
        "/t": Mount(hello, FromElsewhere.EMBED),
    }
    url: str = await serve(
        EndpointApp(gateway(Open(ManualClock())), mounts, guard=Guard(frozenset({"mailgauge"})))
    )
    return url


@pytest.mark.parametrize(
    ("key", "account"),
    [("123456789012", "123456789012"), ("test", "000000000000"), ("1234567890123", "000000000000")],
)
async def test_in_the_open_mode_a_key_of_twelve_digits_is_the_account(
    local: str, aws: Any, key: str, account: str
) -> None:
    answer = await aws(local, key, "any").call("get_caller_identity")
    assert (answer["Account"], answer["Arn"]) == (account, f"arn:aws:iam::{account}:root")


async def test_in_the_open_mode_a_request_may_be_unsigned_or_badly_signed(local: str) -> None:
    for headers in (
        {},
        {"authorization": "Bearer x"},
        {"authorization": "AWS4-HMAC-SHA256 Credential=111122223333/20200101/eu-west-1/sts/aws4_request"},
    ):
        status, _, body = await plain(local, headers=headers)
        assert status == 200
        assert (b"111122223333" if "Credential" in str(headers) else b"000000000000") in body


async def test_in_the_open_mode_a_link_of_a_notification_is_followed_by_nobody(local: str) -> None:
    status, _, body = await plain(local, "GET", LINK, b"")
    assert (status, b"<SubscriptionArn>by nobody<" in body) == (200, True)


async def test_the_open_mode_refuses_pages_of_other_sites_and_rebound_names(local: str) -> None:
    for headers, reason in (
        ({"origin": "http://evil.example"}, b"other origins"),
        ({"sec-fetch-site": "cross-site"}, b"other sites"),
        ({"host": "evil.example"}, b"loopback"),
    ):
        status, answered, body = await plain(local, headers=headers)
        assert status == 403
        assert b"<Code>AccessDenied</Code>" in body
        assert reason in body
        assert answered["x-amzn-requestid"]
    status, answered, body = await plain(local, "GET", "/v2/email/account", b"", {"host": "evil.example"})
    assert (status, answered["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert (await plain(local, headers={"host": "mailgauge:4566"}))[0] == 200


async def test_mounted_applications_have_their_prefixes_and_are_guarded_too(local: str) -> None:
    assert (await plain(local, "GET", "/console", b""))[2] == b"/console /console"
    assert (await plain(local, "GET", "/console/a/b", b""))[2] == b"/console /console/a/b"
    assert (await plain(local, "GET", "/console/x/y", b""))[2] == b"/console/x /console/x/y"
    assert (await plain(local, "GET", "/consoles", b""))[0] == 404
    assert (await plain(local, "GET", "/console/x", b"", {"origin": "http://evil.example"}))[0] == 403
    assert (await plain(local, "GET", "/t/open", b"", {"sec-fetch-site": "cross-site"}))[0] == 200
