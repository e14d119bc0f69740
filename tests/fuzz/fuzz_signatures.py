"""Signatures as strangers write them: what claims to be one is refused in AWS's words."""

from contextlib import suppress

from mailgauge.aws import sigv4
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest

IN_QUERY = (
    b"Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fses%2Faws4_request"
    b"&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
)
SEEDS = (
    b"AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/ses/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
    b"AWS4-HMAC-SHA256 Credential=/////,SignedHeaders=;,Signature=\xff",
    b"AWS4-HMAC-SHA256 Credential=AKID/99999999/r/s/aws4_request, SignedHeaders=host, Signature=00",
    IN_QUERY,
)
KEYS = sigv4.SigningKeys()
DATE = "20260101T000000Z"
NOW = 1_767_225_600.0


def one_input(data: bytes) -> None:
    text = data.decode("latin-1")
    headers = {"host": "localhost", "x-amz-date": DATE}
    _check(HttpRequest("POST", "/", "", {**headers, "authorization": text}, b"Action=x"))
    _check(HttpRequest("GET", f"/{text[:40]}", f"X-Amz-{text}", headers, b""))


def _check(request: HttpRequest) -> None:
    sigv4.claim(request)
    with suppress(AwsError):
        claimed = sigv4.credential(request)
        if claimed is not None:
            sigv4.verify(request, claimed, "a secret that nobody has", NOW, KEYS)
            raise AssertionError("a signature was made up")
