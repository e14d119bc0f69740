"""Signatures made by botocore, and what becomes of them when anything is changed."""

import datetime as dt
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mailgauge.aws import sigv4
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest

NOW = 1_750_000_000.0
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.fixture(autouse=True)
def _botocore_signs_at_our_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def now(*args: Any, **kwargs: Any) -> dt.datetime:
        return dt.datetime.fromtimestamp(NOW, dt.UTC).replace(tzinfo=None)

    monkeypatch.setattr(botocore.auth, "get_current_datetime", now)


def sent(request: AWSRequest) -> HttpRequest:
    """What a server sees of a signed request: Host comes from the URL, what HTTP trims is trimmed, repeated headers are joined."""
    url = urlsplit(request.url)
    headers: dict[str, str] = {"host": url.netloc}
    for name, value in request.headers.items():
        key = name.lower()
        text = (value.decode() if isinstance(value, bytes) else value).strip()
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return HttpRequest(request.method, url.path or "/", url.query, headers, request.body or b"")


def signed(
    method: str = "POST",
    url: str = "http://127.0.0.1:4566/",
    body: bytes = b"Action=GetSendQuota&Version=2010-12-01",
    headers: dict[str, str] | None = None,
    *,
    context: dict[str, Any] | None = None,
    secret: str = SECRET,
    token: str | None = None,
) -> HttpRequest:
    request = AWSRequest(method, url, headers or dict(FORM), body)
    request.context.update(context or {})
    botocore.auth.SigV4Auth(Credentials(KEY, secret, token), "ses", "eu-west-1").add_auth(request)
    return sent(request)


def presigned(
    url: str = "http://localhost:4566/?Action=GetCallerIdentity&Version=2011-06-15", expires: int = 60
) -> HttpRequest:
    request = AWSRequest("GET", url)
    botocore.auth.SigV4QueryAuth(Credentials(KEY, SECRET), "sts", "eu-west-1", expires=expires).add_auth(
        request
    )
    return sent(request)


def check(request: HttpRequest, now: float = NOW, secret: str = SECRET) -> None:
    credential = sigv4.credential(request)
    assert credential is not None
    sigv4.verify(request, credential, secret, now, sigv4.SigningKeys())


def refusal(request: HttpRequest, now: float = NOW, secret: str = SECRET) -> AwsError:
    with pytest.raises(AwsError) as caught:
        check(request, now, secret)
    return caught.value


def test_a_credential_carries_key_and_scope() -> None:
    credential = sigv4.credential(signed())
    assert credential is not None
    assert (credential.access_key_id, credential.region, credential.service) == (KEY, "eu-west-1", "ses")
    assert (credential.date, credential.timestamp, credential.expires) == (
        "20250615",
        "20250615T150640Z",
        None,
    )


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v2/email/outbound-emails",
        "/v2/email/identities/user%40example.com",
        "/v2/email/identities/user%2Btag%40example.com/policies/a%20b",
        "/v2/email/templates/%C3%BCber%2Fslash",
        "/v2//email///account",
        "/v2/./email/../email/account",
        "/v2/email/..",
        "/../../v2/email/account/",
        "//",
        "/a/b/.",
        "/v2/email/templates/it's(a)!*name~",
        "/v2/email/templates/lower%2fcase",
        "/v2/email/templates/a:b@c,d;e=f+g",
    ],
)
def test_any_path_is_verified_as_it_was_signed(path: str) -> None:
    check(signed("GET", f"http://127.0.0.1:4566{path}", b"", {}))


@pytest.mark.parametrize(
    "query",
    [
        "PageSize=10&NextToken=abc",
        "Reason=BOUNCE&Reason=COMPLAINT",
        "Reason=COMPLAINT&Reason=BOUNCE&A=2&A=1&a=0",
        "NextToken=a%2Bb%2F%3D%3D&x=%20y%20",
        "empty=&alone",
        "name=%C3%BC%E2%82%AC",
        "unescaped=a:b/c@d",
        "plus=a+b",
        "a%20b=1&a=2&a-b=3",
    ],
)
def test_any_query_is_verified_as_it_was_signed(query: str) -> None:
    check(signed("GET", f"http://127.0.0.1:4566/v2/email/suppression/addresses?{query}", b"", {}))


def test_a_query_signed_in_normal_form_is_accepted_however_it_was_sent() -> None:
    """Some HTTP clients encode less than the signer did, or write a space as a plus."""
    request = signed("GET", "http://127.0.0.1:4566/?b=x%20y&a=p%3Aq%2Fr", b"", {})
    check(replace(request, query="b=x+y&a=p:q/r"))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Custom": "  much   white \t space  "},
        {"X-Custom": "ünïcode €"},
        {
            "X-Amz-Target": "GraniteServiceVersion20100801.ListMetrics",
            "Content-Type": "application/x-amz-json-1.0",
        },
        {"X-Custom": ""},
        {"User-Agent": "not signed", "Expect": "100-continue"},
    ],
)
def test_any_header_is_verified_as_it_was_signed(headers: dict[str, str]) -> None:
    check(signed(headers=headers))


def test_repeated_headers_are_signed_in_the_order_sent() -> None:
    request = AWSRequest("POST", "http://127.0.0.1:4566/", {}, b"x")
    request.headers.add_header("X-Multi", "one ")
    request.headers.add_header("X-Multi", " two   words")
    botocore.auth.SigV4Auth(Credentials(KEY, SECRET), "ses", "eu-west-1").add_auth(request)
    check(sent(request))


def test_a_date_header_serves_where_x_amz_date_is_missing() -> None:
    check(signed(headers={"Date": "set by the signer"}))


def test_an_unsigned_payload_is_accepted_when_the_client_signed_that() -> None:
    request = signed(url="https://127.0.0.1:4566/", context={"payload_signing_enabled": False})
    assert request.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    check(request)


def test_a_stated_payload_hash_is_held_to_the_payload() -> None:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    request = signed(body=b"test", headers={"X-Amz-Content-SHA256": digest})
    check(request)
    error = refusal(replace(request, body=b"tess"))
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)


def test_a_session_token_is_reported() -> None:
    credential = sigv4.credential(signed(token="session"))
    assert credential is not None
    assert credential.token == "session"


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"Action=DeleteIdentity&Version=2010-12-01"},
        {"method": "GET"},
        {"path": "/other"},
        {"query": "Action=DeleteIdentity"},
    ],
)
def test_a_changed_request_is_refused_with_the_text_of_aws(change: dict[str, Any]) -> None:
    error = refusal(replace(signed(), **change))
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message is not None
    assert error.message.startswith(
        "The request signature we calculated does not match the signature you provided. Check"
    )


@pytest.mark.parametrize("header", ["host", "content-type", "x-amz-date"])
def test_a_changed_or_lost_signed_header_is_refused(header: str) -> None:
    request = signed()
    changed = "20250615T150641Z" if header == "x-amz-date" else "other"
    assert (
        refusal(replace(request, headers={**request.headers, header: changed})).code
        == "SignatureDoesNotMatch"
    )


def test_the_wrong_secret_is_refused() -> None:
    assert refusal(signed(secret="another")).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("skew", "allowed"), [(0, True), (899, True), (901, False), (-899, True), (-901, False)]
)
def test_fifteen_minutes_of_clock_skew_are_allowed_either_way(skew: int, allowed: bool) -> None:
    request = signed()
    if allowed:
        check(request, NOW + skew)
        return
    error = refusal(request, NOW + skew)
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)


def test_the_skew_errors_name_the_times() -> None:
    assert refusal(signed(), NOW + 3600).message == (
        "Signature expired: 20250615T150640Z is now earlier than 20250615T155140Z (20250615T160640Z - 15 min.)"
    )
    assert refusal(signed(), NOW - 3600).message == (
        "Signature not yet current: 20250615T150640Z is still later than 20250615T142140Z (20250615T140640Z + 15 min.)"
    )


def test_a_presigned_request_is_verified_until_it_expires() -> None:
    request = presigned(expires=3600)
    check(request)
    check(request, NOW + 3599)
    error = refusal(request, NOW + 3601)
    assert (error.code, error.status) == ("RequestExpired", 403)
    assert refusal(request, NOW - 901).code == "SignatureDoesNotMatch"


def test_a_changed_presigned_request_is_refused() -> None:
    request = presigned()
    assert (
        refusal(replace(request, query=request.query.replace("GetCaller", "DropCaller"))).code
        == "SignatureDoesNotMatch"
    )
    assert (
        refusal(replace(request, query=request.query.replace("Expires=60", "Expires=600"))).code
        == "SignatureDoesNotMatch"
    )
    assert refusal(replace(request, body=b"Action=DeleteIdentity")).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("expires", [0, 604801, -1])
def test_a_presigned_request_lives_a_week_at_most(expires: int) -> None:
    assert refusal(presigned(expires=expires)).code == "IncompleteSignature"


def test_a_request_without_a_signature_claims_nothing() -> None:
    assert sigv4.credential(HttpRequest("POST", "/", "", {"host": "localhost"}, b"")) is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer abc",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b",
        "AWS4-HMAC-SHA256 Credential=AKID/20250615/eu-west-1/ses, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256 Credential=AKID /20250615/eu-west-1/ses/aws4_request, SignedHeaders=host, Signature=00",
        "AWS4-ECDSA-P256-SHA256 Credential=AKID/20250615/ses/aws4_request, SignedHeaders=host, Signature=00",
    ],
)
def test_half_a_signature_is_incomplete(header: str) -> None:
    error = refusal(
        HttpRequest("POST", "/", "", {"authorization": header, "x-amz-date": "20250615T150640Z"}, b"")
    )
    assert (error.code, error.status) == ("IncompleteSignature", 400)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("/20250615/", "/20250614/", "Date in Credential scope does not match"),
        ("/eu-west-1/", "/EU WEST/", "not a valid"),
        ("/eu-west-1/", "/../", "Credential should be scoped to a valid region."),
        (
            "aws4_request",
            "aws5_request",
            "Credential should be scoped with a valid terminator: 'aws4_request'.",
        ),
        ("host;", "", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
    ],
)
def test_a_wrong_scope_is_named(old: str, new: str, text: str) -> None:
    request = signed()
    header = request.headers["authorization"].replace(old, new)
    error = refusal(replace(request, headers={**request.headers, "authorization": header}))
    assert text.split("not a valid", maxsplit=1)[0] in str(error.message)
    assert error.code == ("IncompleteSignature" if " " in new else "SignatureDoesNotMatch")


def test_the_target_of_a_json_request_must_be_signed() -> None:
    request = signed()
    target = {"x-amz-target": "GraniteServiceVersion20100801.DeleteAlarms"}
    assert "X-Amz-Target" in str(refusal(replace(request, headers={**request.headers, **target})).message)


def test_the_secret_never_appears_in_an_answer() -> None:
    header = f"AWS4-HMAC-SHA256 {SECRET}"
    error = refusal(HttpRequest("POST", "/", "", {"authorization": header}, b""))
    assert SECRET not in str(error)


@pytest.mark.parametrize("request_", [signed, presigned])
def test_the_claimed_scope_is_read_without_judging_the_signature(request_: Any) -> None:
    claim = sigv4.claim(request_())
    assert claim is not None
    assert (claim.access_key_id, claim.region) == (KEY, "eu-west-1")


def test_a_scope_alone_is_claim_enough() -> None:
    header = "AWS4-HMAC-SHA256 Credential=123456789012/20000101/us-west-2/ses/aws4_request"
    claim = sigv4.claim(HttpRequest("POST", "/", "", {"authorization": header}, b""))
    assert claim == sigv4.Claim("123456789012", "us-west-2", "ses")
    assert sigv4.claim(HttpRequest("POST", "/", "", {"authorization": "Bearer x"}, b"")) is None
