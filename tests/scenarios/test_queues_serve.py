"""Queues of `mailgauge serve`: every call is signed, also the calls of older SDKs at a queue's own address."""

import re
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.scenarios.service import REGION, Service
from tests.scenarios.serving import DOMAIN, Installation


def post(service: Service, url: str, *, signed: bool = True, **form: str) -> tuple[int, str]:
    """A call by the query protocol, as botocore signed them before it spoke JSON."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = urlencode({"Version": "2012-11-05", **form}).encode()
    request = AWSRequest("POST", url, headers, body)
    if signed:
        SigV4Auth(Credentials(*service.key), "sqs", REGION).add_auth(request)
    sent = urllib.request.Request(url, body, dict(request.headers.items()))
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_signed_calls_share_a_queue_and_others_are_refused(tmp_path: Path) -> None:
    with Installation(tmp_path, {"service": {"domain": DOMAIN}}).running() as service:
        sqs = service.client("sqs")
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        assert re.fullmatch(rf"{service.http}/\d{{12}}/orders", url)
        status, text = post(service, url, Action="SendMessage", MessageBody="Hello.")
        assert (status, "<MessageId>" in text) == (200, True)
        [found] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        assert found["Body"] == "Hello."
        status, text = post(service, url, signed=False, Action="PurgeQueue")
        assert (status, "<Code>MissingAuthenticationToken</Code>" in text) == (403, True)
