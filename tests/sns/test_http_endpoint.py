"""What a subscriber by HTTP is sent, seen by a real server, and what its answers mean."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from mailgauge.iam.secrets import MasterKey
from mailgauge.outgoing.client import OutgoingClient
from mailgauge.outgoing.names import SystemNames
from mailgauge.sns import dead_letters, subscription_rows
from mailgauge.sns.deliveries import Kind
from mailgauge.sns.envelope import Envelopes
from mailgauge.sns.http_endpoint import HttpEndpoint
from mailgauge.sns.message import Attribute
from mailgauge.sns.model import State
from mailgauge.sns.signing import string_to_sign
from mailgauge.sns.signing_key import SigningKey
from tests.outgoing.hostile_server import HostileServer, plain
from tests.sns.delivery_world import ADDRESS, TOPIC, World, world

MASTER = MasterKey(bytes(32))


def key_of(there: World) -> SigningKey:
    return SigningKey(there.store, MASTER, "abc", "Mailgauge", there.clock.real)


@asynccontextmanager
async def posting(
    folder: Path, server: HostileServer, **topic_settings: str
) -> AsyncIterator[tuple[World, int]]:
    async with world(folder, **topic_settings) as there, server.running() as port:
        client = OutgoingClient(SystemNames(), allow_private=True)
        envelopes = Envelopes(key_of(there), lambda: ADDRESS)
        endpoint = HttpEndpoint(client, envelopes, timeout=60)
        there.deliverer = there.new_deliverer({"http": endpoint})
        yield there, port
        await client.close()


def headers(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def body(request: bytes) -> str:
    return request.partition(b"\r\n\r\n")[2].decode()


async def test_a_notification_has_the_headers_and_members_that_subscribers_read(tmp_path: Path) -> None:
    server = HostileServer()
    async with posting(tmp_path, server) as (there, port):
        made = await there.subscribe(f"http://127.0.0.1:{port}/in", "http")
        attribute = Attribute("colour", "String", "grün")
        await there.publish("Grüße\n☀", subject="About", attributes=(attribute,))
        await there.rounds()
    [request] = server.asked
    assert request.startswith(b"POST /in HTTP/1.1\r\n")
    found = headers(request)
    assert found["x-amz-sns-message-type"] == "Notification"
    assert found["x-amz-sns-topic-arn"] == TOPIC
    assert found["x-amz-sns-subscription-arn"] == made.arn
    assert found["content-type"] == "text/plain; charset=UTF-8"
    assert found["user-agent"] == "Mailgauge Notification Agent"
    assert "x-amz-sns-rawdelivery" not in found
    document = json.loads(body(request))
    assert list(document) == [
        *(
            "Type",
            "MessageId",
            "TopicArn",
            "Subject",
            "Message",
            "Timestamp",
            "SignatureVersion",
            "Signature",
        ),
        *("SigningCertURL", "UnsubscribeURL", "MessageAttributes"),
    ]
    assert document["Type"] == "Notification"
    assert document["MessageId"] == found["x-amz-sns-message-id"]
    assert (document["Subject"], document["Message"]) == ("About", "Grüße\n☀")
    assert document["Timestamp"] == "2025-06-15T15:06:40.000Z"
    assert document["SigningCertURL"] == f"{ADDRESS}/SimpleNotificationService-abc.pem"
    assert document["UnsubscribeURL"] == f"{ADDRESS}/?Action=Unsubscribe&SubscriptionArn={made.arn}"
    assert document["MessageAttributes"] == {"colour": {"Type": "String", "Value": "grün"}}
    assert body(request).startswith('{\n  "Type" : "Notification",\n  "MessageId" : "')


@pytest.mark.parametrize("version", [None, "1", "2"])
async def test_signatures_hold_for_what_was_sent_and_for_nothing_else(
    tmp_path: Path, version: str | None
) -> None:
    server = HostileServer()
    settings = {} if version is None else {"SignatureVersion": version}
    async with posting(tmp_path, server, **settings) as (there, port):
        await there.subscribe(f"http://127.0.0.1:{port}/in", "http")
        await there.publish("hello")
        await there.rounds()
        certificate = x509.load_pem_x509_certificate(await key_of(there).certificate())
    document = json.loads(body(server.asked[0]))
    assert document["SignatureVersion"] == (version or "1")
    assert "Subject" not in document
    signature = base64.b64decode(document["Signature"])
    public = certificate.public_key()
    assert isinstance(public, RSAPublicKey)
    kind = SHA256() if version == "2" else SHA1()
    public.verify(signature, string_to_sign(document).encode(), PKCS1v15(), kind)
    altered = {**document, "Message": "hello!"}
    with pytest.raises(InvalidSignature):
        public.verify(signature, string_to_sign(altered).encode(), PKCS1v15(), kind)


async def test_raw_delivery_is_the_message_alone(tmp_path: Path) -> None:
    server = HostileServer()
    policy = json.dumps({"requestPolicy": {"headerContentType": "application/json"}})
    async with posting(tmp_path, server) as (there, port):
        place = f"http://127.0.0.1:{port}/in"
        await there.subscribe(place, "http", RawMessageDelivery="true", DeliveryPolicy=policy)
        await there.publish('{"a": 1}')
        await there.rounds()
    [request] = server.asked
    assert body(request) == '{"a": 1}'
    assert headers(request)["x-amz-sns-rawdelivery"] == "true"
    assert headers(request)["content-type"] == "application/json"


async def test_each_protocol_gets_its_text(tmp_path: Path) -> None:
    server = HostileServer()
    async with posting(tmp_path, server) as (there, port):
        await there.subscribe(f"http://127.0.0.1:{port}/in", "http")
        await there.publish("for all", by_protocol={"default": "for all", "http": "for http"})
        await there.rounds()
    assert json.loads(body(server.asked[0]))["Message"] == "for http"


@pytest.mark.parametrize(
    ("status", "attempts"), [("200 OK", 0), ("202 Accepted", 0), ("429 Slow Down", 1), ("500 No", 1), ("503 No", 1)]
)  # fmt: skip
async def test_who_has_trouble_is_asked_again(tmp_path: Path, status: str, attempts: int) -> None:
    server = HostileServer(plain(status=status))
    async with posting(tmp_path, server) as (there, port):
        await there.subscribe(f"http://127.0.0.1:{port}/in", "http")
        await there.publish("hello")
        await there.rounds()
        assert await there.left() == ([(attempts, 20)] if attempts else [])
        assert await there.store.read(dead_letters.count) == 0


@pytest.mark.parametrize("status", ["301 Elsewhere", "400 No", "403 No", "404 No", "410 No"])
async def test_who_refuses_is_not_asked_again(tmp_path: Path, status: str) -> None:
    server = HostileServer(plain(status=status, headers=b"Location: http://127.0.0.1:9/\r\n"))
    async with posting(tmp_path, server) as (there, port):
        await there.subscribe(f"http://127.0.0.1:{port}/in", "http")
        await there.publish("hello")
        await there.rounds()
        letter = await there.store.read(dead_letters.latest)
    assert letter is not None
    assert letter.why == f"the endpoint answered with status {status[:3]}"
    assert len(server.asked) == 1


async def test_a_place_that_may_not_be_asked_is_given_up_with_the_reason(tmp_path: Path) -> None:
    server = HostileServer()
    async with posting(tmp_path, server) as (there, _):
        await there.subscribe("http://169.254.169.254/latest/meta-data/", "http")
        await there.publish("hello")
        await there.rounds()
        letter = await there.store.read(dead_letters.latest)
    assert letter is not None
    assert letter.why == "169.254.169.254 is no address of the Internet"


@pytest.mark.parametrize("kind", [Kind.SubscriptionConfirmation, Kind.UnsubscribeConfirmation])
async def test_confirmations_carry_a_token_and_a_link(tmp_path: Path, kind: Kind) -> None:
    server = HostileServer()
    async with posting(tmp_path, server) as (there, port):
        made = await there.subscribe(f"http://127.0.0.1:{port}/in", "http", RawMessageDelivery="true")
        state = State.PENDING if kind is Kind.SubscriptionConfirmation else State.UNSUBSCRIBED
        waiting = replace(made, state=state)
        await there.store.write(lambda tx: subscription_rows.replace(tx, waiting))
        await there.ask_to_confirm(waiting, kind)
        await there.rounds()
    [request] = server.asked
    assert headers(request)["x-amz-sns-message-type"] == kind.name
    assert ("x-amz-sns-subscription-arn" in headers(request)) == (kind is Kind.UnsubscribeConfirmation)
    document = json.loads(body(request))
    assert list(document) == [
        *(
            "Type",
            "MessageId",
            "Token",
            "TopicArn",
            "Message",
            "SubscribeURL",
            "Timestamp",
            "SignatureVersion",
        ),
        *("Signature", "SigningCertURL"),
    ]
    assert document["Type"] == kind.name
    assert document["Token"] == "token"
    assert document["SubscribeURL"] == f"{ADDRESS}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=token"


async def test_the_key_stays_the_same_from_start_to_start(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        first = await key_of(there).certificate()
        assert await key_of(there).certificate() == first
        kept = await there.store.read(lambda tx: tx.run("SELECT sealed FROM topic_signing_key"))
    assert len(kept) == 1
    assert b"PRIVATE KEY" not in kept[0][0]
    subject = x509.load_pem_x509_certificate(first).subject.rfc4514_string()
    assert subject == "CN=Mailgauge"
