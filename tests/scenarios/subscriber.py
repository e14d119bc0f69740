"""A subscriber by HTTPS, as a program that was written for SNS has one, and everything it needs to be trusted and to trust."""

import json
import ssl
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import trustme
from botocore.config import Config

from tests.scenarios.service import REGION, Service, wait_until
from tests.scenarios.serving import Installation


@dataclass
class Subscriber:
    """``status`` is what it answers with; while ``held`` is not set it answers nothing."""

    url: str
    status: int = 200
    held: threading.Event = field(default_factory=threading.Event)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)

    def wait_for(self, kind: str, number: int = 1) -> dict[str, Any]:
        """The ``number``-th document of a type."""

        def found() -> list[dict[str, Any]]:
            return [each for each in self.documents if each["Type"] == kind]

        return wait_until(found, lambda those: len(those) >= number, seconds=90)[number - 1]


@dataclass
class Authority:
    """Vouches for the service's certificate and for the subscriber's."""

    folder: Path
    made: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        self.made.cert_pem.write_to_path(self.trusted)

    @property
    def trusted(self) -> Path:
        return self.folder / "authority.pem"

    def certificate(self) -> Path:
        path = self.folder / "certificate.pem"
        if not path.exists():
            self.made.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(path)
        return path

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.trusted))

    def get(self, url: str) -> bytes:
        """As a subscriber that visits a link does: nothing is signed."""
        with urllib.request.urlopen(url, timeout=30, context=self.context()) as answer:
            body: bytes = answer.read()
        return body

    def client(self, service: Service, name: str) -> Any:
        session = boto3.session.Session(*service.key, region_name=REGION)
        config = Config(retries={"total_max_attempts": 1})
        return session.client(name, endpoint_url=service.http, verify=str(self.trusted), config=config)

    def installation(self) -> Installation:
        """`mailgauge serve` with TLS, which may send requests to this machine."""
        certificate = str(self.certificate())
        sections: dict[str, dict[str, Any]] = {
            "tls": {"cert": certificate, "key": certificate},
            "outgoing": {"allow_private": True},
        }
        return Installation(self.folder, sections, {"SSL_CERT_FILE": str(self.trusted)})


@contextmanager
def subscriber(authority: Authority) -> Iterator[Subscriber]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = there.status  # of when it came: a test that sees the document may change it for the next
            there.headers.append(dict(self.headers))
            there.documents.append(json.loads(body))
            there.held.wait(60)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate())
    server.socket = context.wrap_socket(server.socket, server_side=True)
    there = Subscriber(f"https://127.0.0.1:{server.server_address[1]}/in")
    there.held.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield there
    finally:
        there.held.set()
        server.shutdown()
        thread.join()
        server.server_close()
