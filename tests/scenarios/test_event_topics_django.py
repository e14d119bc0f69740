"""Django sites hear of events by the views of django-ses and django-anymail, as they hear of them from SES."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios import senders
from tests.scenarios.listeners import make_topic
from tests.scenarios.service import KEY_ID, SECRET, Service, clean_environment, wait_until
from tools.environments import python_environment

SENDER, SET = "news@shop.example", "news"
SIMULATOR = "simulator.amazonses.com"
TYPES = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT"]


class Site:
    """The running site; ``said`` is what it has printed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.said: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        [self.port] = wait_until(lambda: [each["port"] for each in list(self.said) if "port" in each])

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(json.loads(line))

    def heard(self, view: str) -> list[dict[str, Any]]:
        return [each for each in list(self.said) if each.get("view") == view]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._reader.join(60)


@contextmanager
def site(service: Service) -> Iterator[Site]:
    programs = senders.installed("Django", lambda: python_environment("django"))
    program = Path(__file__).parent / "django_site.py"
    settings = {"ENDPOINT": service.http, "KEY_ID": KEY_ID, "SECRET": SECRET}
    process = subprocess.Popen(
        [programs / "python", program],
        cwd=program.parent,
        env={**clean_environment(), **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        running = Site(process)
        yield running
        running.stop()


@pytest.fixture
def topic(service: Service) -> str:
    ses = service.client("sesv2")
    ses.create_email_identity(EmailIdentity=SENDER)
    ses.create_configuration_set(ConfigurationSetName=SET)
    return make_topic(service, "events")


def by_set(service: Service, topic: str) -> None:
    service.client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName="topic",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": TYPES,
            "SnsDestination": {"TopicArn": topic},
        },
    )


def by_identity(service: Service, topic: str) -> None:
    ses = service.client("ses")
    for kind in ("Bounce", "Complaint", "Delivery"):
        ses.set_identity_notification_topic(Identity=SENDER, NotificationType=kind, SnsTopic=topic)


def send(service: Service, name: str) -> str:
    answer = service.client("sesv2").send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [f"{name}@{SIMULATOR}"]},
        Content={"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "News."}}}},
        ConfigurationSetName=SET,
    )
    return str(answer["MessageId"])


def subscribed(service: Service, topic: str) -> bool:
    found = service.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return all(each["SubscriptionArn"].startswith(topic) for each in found)


@pytest.mark.parametrize("publish", [by_set, by_identity])
def test_django_ses_signals_what_happened(service: Service, topic: str, publish: Any) -> None:
    sns = service.client("sns")
    with site(service) as django:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{django.port}/django-ses")
        [confirmation] = wait_until(lambda: [each["confirm"] for each in django.said if "confirm" in each])
        sns.confirm_subscription(TopicArn=topic, Token=confirmation[1])
        publish(service, topic)
        bounced, complained = send(service, "bounce"), send(service, "complaint")
        expected = {("bounce", bounced), ("complaint", complained), ("delivery", complained)}
        if publish is by_set:
            expected |= {("send", bounced), ("send", complained)}
        heard = wait_until(lambda: django.heard("django-ses"), lambda found: len(found) >= len(expected))
    assert {(each["event"], each["message"]) for each in heard} == expected
    [bounce] = [each["found"] for each in heard if each["event"] == "bounce"]
    assert [each["emailAddress"] for each in bounce["bouncedRecipients"]] == [f"bounce@{SIMULATOR}"]


@pytest.mark.parametrize("publish", [by_set, by_identity])
def test_anymail_confirms_by_itself_and_tracks_what_happened(
    service: Service, topic: str, publish: Any
) -> None:
    with site(service) as django:
        endpoint = f"http://listener:secret@127.0.0.1:{django.port}/anymail"
        service.client("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint)
        wait_until(lambda: subscribed(service, topic))
        publish(service, topic)
        bounced, complained = send(service, "bounce"), send(service, "complaint")
        expected = {
            ("bounced", bounced, f"bounce@{SIMULATOR}", "bounced"),
            ("complained", complained, f"complaint@{SIMULATOR}", "spam"),
            ("delivered", complained, f"complaint@{SIMULATOR}", None),
        }
        if publish is by_set:
            expected |= {
                ("sent", bounced, f"bounce@{SIMULATOR}", None),
                ("sent", complained, f"complaint@{SIMULATOR}", None),
            }
        heard = wait_until(lambda: django.heard("anymail"), lambda found: len(found) >= len(expected))
    told = {(each["event"], each["message"], each["recipient"], each["reason"]) for each in heard}
    assert told == expected
