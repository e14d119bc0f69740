"""Whatever is refused leaves nothing behind, and whatever is accepted arrives as it was, however large."""

import base64
import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.scenarios.auditing import audit, settled
from tests.scenarios.bad_requests import (
    INJECTIONS,
    MALFORMED,
    PAUSED,
    REFUSED,
    SENDER,
    SET,
    Bad,
    v1,
    v1_raw,
    v2,
    v2_raw,
)
from tests.scenarios.raw import FORM, Answer, Wire
from tests.scenarios.service import REGION, Service, running, wait_until

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad") / "data"


@pytest.fixture(scope="module")
def service(data: Path) -> Iterator[Service]:
    """One for all: what one request leaves behind, the next would notice."""
    with running(data) as started:
        ses = started.client("sesv2")
        ses.create_email_identity(EmailIdentity=SENDER)
        ses.create_configuration_set(ConfigurationSetName=SET)
        ses.create_configuration_set(ConfigurationSetName=PAUSED, SendingOptions={"SendingEnabled": False})
        yield started


@pytest.fixture
def wire(service: Service) -> Iterator[Wire]:
    with closing(Wire(service.http)) as opened:
        yield opened


def rows(data: Path) -> dict[str, int]:
    """How many rows each table of the mail database has."""
    with closing(sqlite3.connect(f"file:{data / 'mail.db'}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        counts = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in tables
        }
    assert {"queue", "content", "journal", "message_facts"} <= set(counts)
    return counts


@pytest.mark.parametrize("bad", [*MALFORMED, *REFUSED, *INJECTIONS], ids=lambda bad: bad.name)
def test_a_bad_request_gets_its_error_and_leaves_nothing(data: Path, wire: Wire, bad: Bad) -> None:
    before = rows(data)
    answer = bad.send(wire)
    assert (answer.status, answer.code) == (bad.status, bad.code), answer.text
    assert bad.says in answer.text
    assert answer.headers["x-amzn-requestid"]
    assert rows(data) == before


def test_after_all_that_the_books_are_in_order(data: Path, service: Service) -> None:
    report = audit(data)
    assert report["agrees"]
    assert (report["messages"], report["waiting"]) == (0, 0)
    metrics = service.client("cloudwatch").list_metrics(Namespace="AWS/SES")["Metrics"]
    assert [metric for metric in metrics if metric["MetricName"] == "Send"] == []
    assert service.client("ses").get_send_quota()["SentLast24Hours"] == 0
    assert "Traceback" not in service.log()


def raw_message(size: int) -> bytes:
    """Of about this many bytes, with every kind of line end, and no line too long."""
    noise = random.Random(size)
    ends = [b"\r\n", b"\n", b"\r"]
    lines = [base64.b64encode(noise.randbytes(240)) + ends[n % 3] for n in range(size // 321)]
    head = f"From: {SENDER}\r\nTo: kept@example.net\r\nSubject: large\r\nX-Own: a\r\n\r\n"
    return head.encode() + b"".join(lines)


def delivered(service: Service, message_id: str) -> str:
    found = wait_until(lambda: service.get(f"/_aws/ses?id={message_id}")["messages"], seconds=60)
    return str(found[0]["RawData"])


def with_crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize(("api", "size"), [("v1", 300_000), ("v1", 3 * MIB), ("v2", 12 * MIB)])
def test_large_mail_arrives_byte_for_byte(service: Service, wire: Wire, api: str, size: int) -> None:
    raw = raw_message(size)
    if api == "v1":
        answer = v1_raw(raw)(wire)
        message_id = answer.element("MessageId")
    else:
        content = {"Raw": {"Data": base64.b64encode(raw).decode()}}
        answer = wire.v2("POST", "/v2/email/outbound-emails", {"Content": content})
        message_id = answer.text.partition('"MessageId":"')[2].partition('"')[0]
    assert answer.status == 200, answer.text
    head, _, body = delivered(service, message_id).encode().partition(b"\r\n\r\n")
    assert body == with_crlf(raw).partition(b"\r\n\r\n")[2]
    fields = head.replace(b"\r\n ", b" ").split(b"\r\n")
    added = (b"message-id:", b"date:", b"dkim-signature:", b"feedback-id:")
    own = [field for field in fields if not field.lower().startswith(added)]
    assert own == [b"From: " + SENDER.encode(), b"To: kept@example.net", b"Subject: large", b"X-Own: a"]


def test_large_mail_that_is_refused_leaves_no_piece(data: Path, wire: Wire) -> None:
    before = rows(data)
    raw = raw_message(3 * MIB)
    stranger = raw.replace(SENDER.encode(), b"stranger@example.org")
    assert v1_raw(stranger)(wire).code == "MessageRejected"
    assert v1_raw(raw, ConfigurationSetName="unknown")(wire).code == "ConfigurationSetDoesNotExist"
    assert v1_raw(raw, ConfigurationSetName=PAUSED)(wire).code == "ConfigurationSetSendingPausedException"
    assert rows(data) == before


def test_v2_refuses_more_than_40_mb(data: Path, wire: Wire) -> None:
    before = rows(data)
    raw = raw_message(41 * MIB)
    answer = v2_raw(base64.b64encode(raw).decode())(wire)
    assert (answer.status, answer.code) == (400, "BadRequestException")
    assert f"Message length is more than {40 * MIB} bytes long" in answer.text
    assert rows(data) == before


def test_a_charset_cannot_carry_a_header(service: Service, wire: Wire) -> None:
    """An ASCII subject needs no charset, so the one that was given is not used at all."""
    answer = v1(Message__Subject__Charset="x\r\nBcc: victim@example.org")(wire)
    assert answer.status == 200
    assert "victim" not in delivered(service, answer.element("MessageId"))


def test_mail_of_an_address_that_is_not_verified_yet_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data, "--verification", "mail") as service, closing(Wire(service.http)) as wire:
        service.client("ses").verify_email_identity(EmailAddress=SENDER)
        wait_until(lambda: service.get("/_aws/ses")["messages"])
        before = rows(data)
        for send in (v1(), v2()):
            answer = send(wire)
            assert (answer.status, answer.code) == (400, "MessageRejected")
            assert f"failed the check in region US-EAST-1: {SENDER}" in answer.text
        assert rows(data) == before
        report = settled(data)
        assert report["messages"] == 0


def signed(service: Service, name: str, key: str, secret: str) -> str:
    """Status and error code of a call with these credentials, or nothing."""
    session = boto3.session.Session(key, secret, region_name=REGION)
    client = session.client(name, endpoint_url=service.http, config=Config(retries={"total_max_attempts": 1}))
    call = {"ses": "list_identities", "sesv2": "list_email_identities", "cloudwatch": "list_metrics"}[name]
    try:
        getattr(client, call)()
    except ClientError as error:
        return f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Code']}"
    return ""


def unsigned(service: Service) -> Answer:
    with closing(Wire(service.http)) as wire:
        wire.connection.request("POST", "/", b"Action=ListIdentities&Version=2010-12-01", FORM)
        answer = wire.connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())


def test_serve_lets_in_nobody_but_holders_of_its_keys(tmp_path: Path) -> None:
    with running(tmp_path / "data", mode="serve") as service:
        handed_out = wait_until(
            lambda: re.findall(r"export AWS_\w+=(\S+)\n", service.log()), lambda it: len(it) == 2
        )
        key, secret = handed_out
        for name in ("ses", "sesv2", "cloudwatch"):
            assert signed(service, name, key, secret) == ""
            assert signed(service, name, key, secret[::-1]).startswith(
                ("403 SignatureDoesNotMatch", "403 InvalidSignature")
            )
            assert signed(service, name, "AKIAUNKNOWN00000000", secret) in {
                "403 InvalidClientTokenId",
                "403 UnrecognizedClientException",
            }
        refused = unsigned(service)
        assert (refused.status, refused.code) == (403, "MissingAuthenticationToken")
        with closing(Wire(service.http)) as wire:
            for path in ("/_aws/ses", "/_mailgauge/events", "/_mailgauge/clock"):
                assert wire.request("GET", path).status in {403, 404}, path
            assert wire.form({"Action": "ListIdentities"}).code == "IncompleteSignature", "a made-up one"
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
