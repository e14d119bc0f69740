"""The open mode checks no signatures, so it keeps out whoever is not a program of this machine."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.scenarios.raw import FORM, Answer, Wire
from tests.scenarios.service import Service, clean_environment, running

VERIFY = b"Action=VerifyEmailIdentity&Version=2010-12-01&EmailAddress=intruder%40example.org"
#: What a browser says of a page elsewhere that posts a form here, or fetches from here.
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Origin": "http://127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Host": "evil.example"},
    {"Host": "rebound.example:4566"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "localhost.evil.example"},
    {"Host": "192.0.2.1"},
    {"Host": ""},
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("guards") / "data", "--host", "mailgauge.test") as started:
        yield started


def ask(service: Service, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Answer:
    with closing(Wire(service.http)) as wire:
        wire.connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            wire.connection.putheader(name, value)
        wire.connection.endheaders(body)
        answer = wire.connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


@pytest.mark.parametrize("says", FOREIGN, ids=str)
def test_a_form_posted_by_a_page_elsewhere_does_nothing(service: Service, says: dict[str, str]) -> None:
    answer = ask(service, "POST", "/", {**FORM, **says}, VERIFY)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert "access-control-allow-origin" not in answer.headers
    assert service.client("ses").list_identities()["Identities"] == []


@pytest.mark.parametrize("says", FOREIGN, ids=str)
def test_nothing_of_the_service_can_be_read_or_driven_from_elsewhere(
    service: Service, says: dict[str, str]
) -> None:
    before = service.get("/_mailgauge/clock")["offset"]
    for method, path, body in [
        ("GET", "/_aws/ses", b""),
        ("DELETE", "/_aws/ses", b""),
        ("GET", "/_mailgauge/events", b""),
        ("POST", "/_mailgauge/clock", b'{"advance": 3600}'),
        ("GET", "/v2/email/identities", b""),
        ("GET", "/console/", b""),
    ]:
        answer = ask(service, method, path, says, body)
        assert answer.status == 403, path
        assert "access-control-allow-origin" not in answer.headers
    assert abs(service.get("/_mailgauge/clock")["offset"] - before) < 1


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:4566", "127.0.0.1", "[::1]:80", "ses.localhost", "mailgauge.test:1"]
)
def test_loopback_names_and_configured_ones_are_answered(service: Service, host: str) -> None:
    assert ask(service, "GET", "/_aws/ses", {"Host": host}).status == 200


def test_a_preflight_request_gets_no_permission(service: Service) -> None:
    says = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = ask(service, "OPTIONS", "/", says)
    assert answer.status in {403, 404, 405}
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailgauge.cli.main", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=clean_environment(), check=False, timeout=60
    )


def test_the_open_mode_does_not_listen_to_the_network_unless_it_is_told_to(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
        refused = run("local", "--data", data, "--listen", address, "--inbound", "127.0.0.1:0")
        assert refused.returncode != 0
        assert "--allow-remote" in refused.stderr
        assert "Traceback" not in refused.stderr
    with running(tmp_path / "data", "--listen", "0.0.0.0:0", "--allow-remote") as service:
        port = service.http.rpartition(":")[2]
        service.http = f"http://127.0.0.1:{port}"
        assert ask(service, "GET", "/_aws/ses", {}).status == 200
        assert ask(service, "GET", "/_aws/ses", {"Host": "evil.example"}).status == 403, (
            "it lifts nothing else"
        )


def test_a_second_service_on_the_same_data_is_refused(service: Service) -> None:
    refused = run(
        "local", "--data", service.addresses["data"], "--listen", "127.0.0.1:0", "--inbound", "127.0.0.1:0"
    )
    assert refused.returncode != 0
    assert "in use by another Mailgauge" in refused.stderr
    assert "Traceback" not in refused.stderr
