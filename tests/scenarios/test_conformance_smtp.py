"""The rest of what makes a service an SES (see ``test_conformance``): SMTP credentials, and what only keys and DNS forbid."""

import smtplib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mailgauge.iam import keys
from mailgauge.iam.policies import Policy
from mailgauge.iam.schema import SCHEMA
from mailgauge.iam.secrets import MasterKey
from mailgauge.store.sqlite import SqliteStore
from tests.scenarios.senders import arrived
from tests.scenarios.service import REGION, Service, running
from tests.scenarios.submitting import connected, message_id, send

SENDER = "sender@example.com"
ACCOUNT = "111122223333"
MESSAGE = f"From: {SENDER}\r\nTo: you@example.net\r\nSubject: Hello\r\n\r\nHello.\r\n".encode()

# Of the key of Amazon's own examples.
EXAMPLE_KEY, EXAMPLE_SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PASSWORDS = {
    "us-east-1": "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9",
    "us-west-2": "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd",
    "eu-west-1": "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk",
}


async def add_key(data: Path, key_id: str, secret: str, policy: Policy = Policy.FULL) -> None:
    """A key that somebody brings along: Mailgauge itself only makes new ones."""
    store = SqliteStore.open(data / "mail.db", [SCHEMA])
    master = MasterKey.load(data / "master.key")
    sealed = master.seal(secret.encode(), f"access-key/{key_id}")
    row = (key_id, ACCOUNT, "example", policy.value, sealed, 1.0, None)
    await store.write(
        lambda tx: tx.run(f"INSERT INTO access_key ({keys._COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    )
    store.close()


def signed_client(service: Service, name: str, region: str = REGION) -> Any:
    session = boto3.session.Session(EXAMPLE_KEY, EXAMPLE_SECRET, region_name=region)
    return session.client(name, endpoint_url=service.http, config=Config(retries={"total_max_attempts": 1}))


async def test_16_the_published_smtp_passwords_log_in_on_every_port(tmp_path: Path) -> None:
    several = ("--smtp", "127.0.0.1:0,127.0.0.1:0", "--verification", "automatic")
    with running(tmp_path / "data", *several, mode="serve") as service:
        await add_key(tmp_path / "data", EXAMPLE_KEY, EXAMPLE_SECRET)
        ports = [(kind, each) for kind in ("smtp", "smtps") for each in service.addresses[kind].split(",")]
        assert [kind for kind, _ in ports] == ["smtp", "smtp", "smtps"]
        for region, password in PASSWORDS.items():
            signed_client(service, "sesv2", region).create_email_identity(EmailIdentity=SENDER)
            for kind, address in ports:
                with connected(service, kind, address) as client:
                    client.login(EXAMPLE_KEY, password)
                    assert message_id(send(client, SENDER, ["you@example.net"], MESSAGE))
        with connected(service, *ports[0]) as client, pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(EXAMPLE_KEY, EXAMPLE_SECRET)


def test_16_control_fields_are_obeyed_and_gone_from_the_delivered_mail(service: Service) -> None:
    ses = service.client("sesv2")
    ses.create_email_identity(EmailIdentity=SENDER)
    ses.create_configuration_set(ConfigurationSetName="set-16")
    ses.create_contact_list(ContactListName="list-16", Topics=[])
    fields = [
        "X-SES-CONFIGURATION-SET: set-16",
        "x-ses-message-tags: campaign=spring,",
        " genre=jazz",
        f"X-SES-SOURCE-ARN: arn:aws:ses:us-east-1:000000000000:identity/{SENDER}",
        f"X-SES-FROM-ARN: arn:aws:ses:us-east-1:000000000000:identity/{SENDER}",
        f"X-SES-RETURN-PATH-ARN: arn:aws:ses:us-east-1:000000000000:identity/{SENDER}",
        "X-SES-LIST-MANAGEMENT-OPTIONS: list-16",
    ]
    with connected(service) as client:
        client.login("000000000000", "anything")
        mail = "".join(f"{field}\r\n" for field in fields).encode() + MESSAGE
        found = message_id(send(client, SENDER, ["you@example.net"], mail))
    delivered = arrived(service, found)["RawData"]
    assert "x-ses-" not in delivered.lower()
    assert "genre" not in delivered
    assert "List-Unsubscribe:" in delivered
    event = service.get(f"/_mailgauge/events?message={found}")["events"][0]
    assert {"campaign": ["spring"], "genre": ["jazz"], "ses:configuration-set": ["set-16"]}.items() <= event[
        "mail"
    ]["tags"].items()


def test_15_a_mail_from_domain_that_is_not_found_is_an_exception_of_each_api(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        service.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    with running(tmp_path / "data", "--verification", "mail") as service:
        v1, v2 = service.client("ses"), service.client("sesv2")
        v2.put_email_identity_mail_from_attributes(
            EmailIdentity=SENDER, MailFromDomain="bounces.example.com", BehaviorOnMxFailure="REJECT_MESSAGE"
        )
        with pytest.raises(v1.exceptions.MailFromDomainNotVerifiedException):
            v1.send_raw_email(RawMessage={"Data": MESSAGE})
        with pytest.raises(v2.exceptions.MailFromDomainNotVerifiedException):
            v2.send_email(Content={"Raw": {"Data": MESSAGE}})
        with connected(service) as client:
            client.login("000000000000", "anything")
            assert send(client, SENDER, ["you@example.net"], MESSAGE) == (
                "554 MAIL FROM domain not verified: The MAIL FROM domain <bounces.example.com> is not verified."
            )


async def test_15_what_a_policy_forbids_is_an_error_that_names_it(tmp_path: Path) -> None:
    with running(tmp_path / "data", mode="serve") as service:
        await add_key(tmp_path / "data", EXAMPLE_KEY, EXAMPLE_SECRET, Policy.READ_ONLY)
        v1, v2 = signed_client(service, "ses"), signed_client(service, "sesv2")
        calls: list[tuple[str, str, Callable[[], Any]]] = [
            ("AccessDenied", "ses:SendRawEmail", lambda: v1.send_raw_email(RawMessage={"Data": MESSAGE})),
            (
                "AccessDeniedException",
                "ses:SendEmail",
                lambda: v2.send_email(Content={"Raw": {"Data": MESSAGE}}),
            ),
        ]
        for code, action, call in calls:
            with pytest.raises(ClientError) as refused:
                call()
            error: Any = refused.value.response
            assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (code, 403)
            who = f"arn:aws:iam::{ACCOUNT}:user/example"
            assert (
                f"User: {who} is not authorized to perform: {action} on resource: "
                in error["Error"]["Message"]
            )
