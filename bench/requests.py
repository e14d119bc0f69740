"""Requests as bytes, serialised and signed ahead of time by botocore, so that a generator only has to send them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

SENDER = "bench@example.com"
BODY = "The quick brown fox jumps over the lazy dog, again and again.\n" * 16


Key = tuple[str, str]
KEY: Key = ("AKIDBENCHMARK0000001", "secret-of-the-benchmark")


def client_of(service: str, endpoint: str, key: Key = KEY) -> Any:
    return boto3.session.Session(*key, region_name="us-east-1").client(service, endpoint_url=endpoint)


def captured(service: str, endpoint: str, calls: Callable[[Any], None], key: Key = KEY) -> list[bytes]:
    """The raw HTTP requests that an unmodified client would have sent while ``calls`` used it."""
    requests: list[bytes] = []
    client = client_of(service, endpoint, key)

    def capture(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        requests.append(raw(request))
        return AWSResponse(request.url, 200, {"content-type": "application/json"}, _Empty())

    client.meta.events.register("before-send", capture)
    calls(client)
    return requests


def raw(request: AWSPreparedRequest) -> bytes:
    address = urlsplit(request.url)
    target = address.path + (f"?{address.query}" if address.query else "")
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else bytes(body)
    headers = {"Host": address.netloc, "Content-Length": str(len(body))}
    for name, value in request.headers.items():
        headers[name] = value.decode() if isinstance(value, bytes) else value
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def send_email_requests(
    endpoint: str, count: int, key: Key = KEY, *, body: str = BODY, configuration_set: str | None = None
) -> list[bytes]:
    """``count`` different v2 SendEmail requests of text, about 1 KB unless it is given, to one recipient each."""
    named = {} if configuration_set is None else {"ConfigurationSetName": configuration_set}

    def calls(client: Any) -> None:
        for number in range(count):
            simple = {
                "Subject": {"Data": f"Message {number}"},
                "Body": {"Text": {"Data": f"Number {number}.\n{body}"}},
            }
            client.send_email(
                FromEmailAddress=SENDER,
                Destination={"ToAddresses": [f"to{number}@recipients.example.net"]},
                Content={"Simple": simple},
                EmailTags=[{"Name": "campaign", "Value": f"c{number % 20}"}],
                **named,
            )

    return captured("sesv2", endpoint, calls, key)


class _Empty:
    """The body of an answer that nobody gave."""

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [b"{}"]

    def read(self, *_: Any) -> bytes:
        return b"{}"
