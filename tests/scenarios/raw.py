"""The wire as it is: requests spelled out byte for byte, for speed, and for what no SDK would send."""

import json
import re
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import cbor2

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_CLOUDWATCH = "GraniteServiceVersion20100801"


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def element(self, name: str) -> str:
        """The text of the first XML element of this name; empty when there is none."""
        found = re.search(f"<{name}>([^<]*)</{name}>", self.text)
        return found[1] if found else ""

    @property
    def code(self) -> str:
        """The error code, in whichever protocol the answer is; empty for none."""
        if self.headers.get("x-amzn-errortype"):
            return self.headers["x-amzn-errortype"].partition(":")[0]
        if self.headers.get("content-type") == "application/cbor":
            return str(cbor2.loads(self.body)["__type"]).rpartition("#")[2]
        if self.body.startswith(b"{"):
            return str(json.loads(self.body).get("__type", "")).rpartition("#")[2]
        return self.element("Code")


class Wire:
    """One kept-alive connection. The open mode takes an access key id without a signature."""

    def __init__(self, url: str, region: str = "us-east-1", account: str = "000000000000") -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self.connection = HTTPConnection(parts.hostname, parts.port or 80, timeout=60)
        self._scope = (account, region)

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        service: str = "ses",
    ) -> Answer:
        self.connection.request(method, path, body, {**self._claim(service), **(headers or {})})
        answer = self.connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())

    def form(self, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """A query-protocol call of SES v1."""
        body = urlencode({"Version": "2010-12-01", **parameters}).encode()
        return self.request("POST", "/", body, {**FORM, **(headers or {})})

    def v2(self, method: str, path: str, parameters: Any = None) -> Answer:
        """A REST-JSON call of SES v2."""
        body = b"" if parameters is None else json.dumps(parameters).encode()
        return self.request(method, path, body, {"Content-Type": "application/json"})

    def cloudwatch(self, operation: str, parameters: Any) -> Answer:
        """A JSON 1.0 call of CloudWatch."""
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{_CLOUDWATCH}.{operation}"}
        return self.request("POST", "/", json.dumps(parameters).encode(), headers, service="monitoring")

    def close(self) -> None:
        self.connection.close()

    def _claim(self, service: str) -> dict[str, str]:
        account, region = self._scope
        credential = f"{account}/20260101/{region}/{service}/aws4_request"
        return {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={'0' * 64}"
        }
