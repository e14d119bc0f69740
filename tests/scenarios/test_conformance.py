"""What makes a service an SES to those who count their mail: one test for each promise, with boto3, on the real process."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from mailgauge.scan.eicar import EICAR
from tests.scenarios.service import Service, running, wait_until

SENDER = "sender@example.com"
SUCCESS = "success@simulator.amazonses.com"
TEXT = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}
EVERYTHING = ["SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE"]

Series = set[frozenset[tuple[str, str]]]


def series(*each: dict[str, str]) -> Series:
    return {frozenset(dimensions.items()) for dimensions in each}


def dimension(name: str, source: str = "MESSAGE_TAG", default: str = "none") -> dict[str, str]:
    return {"DimensionName": name, "DimensionValueSource": source, "DefaultDimensionValue": default}


class Account:
    """One account at a running service, with a verified sender. Tests share it, so each uses names of its own."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.v1, self.v2, self.cloudwatch = (service.client(name) for name in ("ses", "sesv2", "cloudwatch"))
        self.v2.create_email_identity(EmailIdentity=SENDER)

    def publishing(self, name: str, *destinations: list[dict[str, str]]) -> str:
        """A configuration set with a CloudWatch destination for each list of dimensions."""
        self.v2.create_configuration_set(ConfigurationSetName=name)
        for number, dimensions in enumerate(destinations):
            self.v2.create_configuration_set_event_destination(
                ConfigurationSetName=name,
                EventDestinationName=f"destination-{number}",
                EventDestination={
                    "Enabled": True,
                    "MatchingEventTypes": EVERYTHING,
                    "CloudWatchDestination": {"DimensionConfigurations": dimensions},
                },
            )
        return name

    def send(self, *to: str, tags: dict[str, str] | None = None, **options: Any) -> str:
        answer = self.v2.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": list(to) or [SUCCESS]},
            Content={"Simple": TEXT},
            EmailTags=[{"Name": name, "Value": value} for name, value in (tags or {}).items()],
            **options,
        )
        return str(answer["MessageId"])

    def send_raw(self, *fields: str, to: str = SUCCESS, **options: Any) -> str:
        lines = [f"From: {SENDER}", f"To: {to}", "Subject: Hello", *fields, "", "Hello."]
        answer = self.v1.send_raw_email(RawMessage={"Data": "\r\n".join(lines).encode()}, **options)
        return str(answer["MessageId"])

    def send_template(self, name: str, **options: Any) -> str:
        answer = self.v1.send_templated_email(
            Source=SENDER, Destination={"ToAddresses": [SUCCESS]}, Template=name, TemplateData="{}", **options
        )
        return str(answer["MessageId"])

    def send_template_v2(self, name: str, **options: Any) -> str:
        answer = self.v2.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [SUCCESS]},
            Content={"Template": {"TemplateName": name, "TemplateData": "{}"}},
            **options,
        )
        return str(answer["MessageId"])

    def series(self, metric: str, name: str) -> Series:
        """Every combination of dimensions under which a metric exists that has the dimension ``name``."""
        pages = self.cloudwatch.get_paginator("list_metrics").paginate(
            Namespace="AWS/SES", MetricName=metric, Dimensions=[{"Name": name}]
        )
        return {
            frozenset((each["Name"], each["Value"]) for each in found["Dimensions"])
            for page in pages
            for found in page["Metrics"]
        }

    def total(self, metric: str, **dimensions: str) -> float:
        now = datetime.now(UTC)
        answer = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/SES",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(hours=2),
            EndTime=now + timedelta(hours=2),
            Period=3600,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))

    def events(self, message_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.service.get(f"/_mailgauge/events?message={message_id}")["events"]
        return found

    def after_send(self, message_id: str, count: int = 1) -> list[dict[str, Any]]:
        """What happened to a message besides its Send, once that is so many events."""

        def happened() -> list[dict[str, Any]]:
            return [each for each in self.events(message_id) if each["eventType"] != "Send"]

        return wait_until(happened, lambda found: len(found) >= count)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with running(tmp_path_factory.mktemp("conformance") / "data") as started:
        yield Account(started)


def refused(call: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    """The error of a call: its code, text and HTTP status."""
    with pytest.raises(ClientError) as error:
        call(**parameters)
    response: Any = error.value.response
    return {**response["Error"], "Status": response["ResponseMetadata"]["HTTPStatusCode"]}


def test_01_a_message_tag_is_a_dimension_its_default_fills_in_and_an_illegal_value_counts_nothing(
    account: Account,
) -> None:
    name = account.publishing("line-1", [dimension("campaign-1")])
    account.send(tags={"campaign-1": "x"}, ConfigurationSetName=name)
    account.send(ConfigurationSetName=name)
    spaced = account.send_raw("X-SES-MESSAGE-TAGS: campaign-1=a b", ConfigurationSetName=name)
    assert [each["eventType"] for each in account.after_send(spaced)] == ["Delivery"]
    assert account.series("Send", "campaign-1") == series({"campaign-1": "x"}, {"campaign-1": "none"})
    assert (
        account.total("Send", **{"campaign-1": "x"}) == account.total("Send", **{"campaign-1": "none"}) == 1
    )


def test_02_two_dimensions_are_one_metric_with_both(account: Account) -> None:
    name = account.publishing("line-2", [dimension("campaign-2"), dimension("genre-2")])
    account.send(tags={"campaign-2": "x", "genre-2": "y"}, ConfigurationSetName=name)
    assert account.series("Send", "campaign-2") == series({"campaign-2": "x", "genre-2": "y"})


def test_03_a_second_destination_with_one_of_them_is_a_metric_of_its_own(account: Account) -> None:
    name = account.publishing(
        "line-3", [dimension("campaign-3"), dimension("genre-3")], [dimension("campaign-3")]
    )
    account.send(tags={"campaign-3": "x", "genre-3": "y"}, ConfigurationSetName=name)
    both = {"campaign-3": "x", "genre-3": "y"}
    assert account.series("Send", "campaign-3") == series(both, {"campaign-3": "x"})
    assert account.total("Send", **both) == account.total("Send", **{"campaign-3": "x"}) == 1


def test_04_the_auto_tag_of_the_configuration_set_needs_no_default(account: Account) -> None:
    name = account.publishing("line-4", [dimension("ses:configuration-set", default="unused-4")])
    account.send(ConfigurationSetName=name)
    assert account.total("Send", **{"ses:configuration-set": name}) == 1
    assert account.total("Send", **{"ses:configuration-set": "unused-4"}) == 0


def test_05_a_header_field_is_a_dimension_and_forbidden_ones_are_refused(account: Account) -> None:
    name = account.publishing("line-5", [dimension("X-Campaign", "EMAIL_HEADER")])
    account.send_raw("X-Campaign: spring", ConfigurationSetName=name)
    assert account.series("Send", "X-Campaign") == series({"X-Campaign": "spring"})
    for header in ("Received", "To", "From", "DKIM-Signature", "CC", "message-id", "Return-Path"):
        target = {"DimensionConfigurations": [dimension(header, "EMAIL_HEADER")]}
        error = refused(
            account.v2.create_configuration_set_event_destination,
            ConfigurationSetName=name,
            EventDestinationName="forbidden",
            EventDestination={"MatchingEventTypes": ["SEND"], "CloudWatchDestination": target},
        )
        assert error["Code"] == "BadRequestException", header


def test_06_a_link_tag_is_a_dimension_of_clicks_only_and_its_default_fills_in(account: Account) -> None:
    name = account.publishing("line-6")
    account.v2.create_configuration_set_event_destination(
        ConfigurationSetName=name,
        EventDestinationName="links",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": [*EVERYTHING, "OPEN", "CLICK"],
            "CloudWatchDestination": {"DimensionConfigurations": [dimension("place-6", "LINK_TAG")]},
        },
    )
    links = (
        '<a href="https://example.org/1" ses:tags="place-6:top">1</a> <a href="https://example.org/2">2</a>'
    )
    body = {"Subject": {"Data": "Hello"}, "Body": {"Html": {"Data": links}}}
    message_id = account.v2.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["line-6@example.net"]},
        Content={"Simple": body},
        ConfigurationSetName=name,
    )["MessageId"]
    account.after_send(message_id)
    [message] = account.service.get(f"/_aws/ses?id={message_id}")["messages"]
    for link in re.findall(r'(?:href|src)="([^"]+)"', message["Body"]["html_part"]):
        connection = HTTPConnection(urlsplit(link).netloc, timeout=60)
        connection.request("GET", urlsplit(link).path)
        assert connection.getresponse().status in {200, 302}
        connection.close()
    happened = account.after_send(message_id, 4)
    assert sorted(each["eventType"] for each in happened) == ["Click", "Click", "Delivery", "Open"]
    assert account.series("Click", "place-6") == series({"place-6": "top"}, {"place-6": "none"})
    assert [account.series(metric, "place-6") for metric in ("Send", "Delivery", "Open")] == [set()] * 3


def test_07_the_simulator_does_what_its_addresses_say_in_the_sandbox_and_costs_no_quota(
    tmp_path: Path,
) -> None:
    outcomes = {
        "success": ["Delivery"],
        "bounce": ["Bounce"],
        "complaint": ["Delivery", "Complaint"],
        "suppressionlist": ["Bounce"],
        "ooto": ["Delivery"],
    }
    with running(tmp_path / "data", "--sandbox", "--max-send-rate", "0") as started:
        account = Account(started)
        for local, expected in outcomes.items():
            for label in ("", "+label"):
                message_id = account.send(f"{local}{label}@simulator.amazonses.com")
                happened = account.after_send(message_id, len(expected))
                assert [each["eventType"] for each in happened] == expected
                if local == "suppressionlist":
                    bounce = happened[0]["bounce"]
                    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "Suppressed")
        assert refused(account.send_raw, to="anybody@example.net")["Code"] == "MessageRejected"
        assert account.v1.get_send_quota()["SentLast24Hours"] == 0


def test_08_the_eicar_test_file_is_accepted_rejected_as_an_event_and_not_delivered(account: Account) -> None:
    name = account.publishing("line-8", [dimension("campaign-8")])
    attachment = {"FileName": "eicar.txt", "RawContent": EICAR, "ContentDisposition": "ATTACHMENT"}
    answer = account.v2.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["line-8@example.net"]},
        Content={"Simple": {**TEXT, "Attachments": [attachment]}},
        EmailTags=[{"Name": "campaign-8", "Value": "x"}],
        ConfigurationSetName=name,
    )
    [event] = account.after_send(answer["MessageId"])
    assert event["eventType"] == "Reject"
    assert event["reject"] == {"reason": "Bad content"}
    assert event["mail"]["destination"] == ["line-8@example.net"]
    assert account.total("Reject", **{"campaign-8": "x"}) == 1
    assert account.total("Delivery", **{"campaign-8": "x"}) == 0
    assert account.total("Reject") >= 1
    assert sum(point["Rejects"] for point in account.v1.get_send_statistics()["SendDataPoints"]) >= 1
    arrived = account.service.get("/_aws/ses")["messages"]
    assert "line-8@example.net" not in [each["Destination"]["ToAddresses"][0] for each in arrived]


def test_09_a_template_that_lacks_its_data_is_accepted_and_fails_as_an_event_without_mail(
    account: Account,
) -> None:
    name = account.publishing("line-9", [dimension("campaign-9")])
    account.v1.create_template(
        Template={"TemplateName": "line-9", "SubjectPart": "Hello {{name}}", "TextPart": "Hello {{name}}."}
    )
    answer = account.v1.send_templated_email(
        Source=SENDER,
        Destination={"ToAddresses": ["line-9@example.net"]},
        Template="line-9",
        TemplateData="{}",
        Tags=[{"Name": "campaign-9", "Value": "x"}],
        ConfigurationSetName=name,
    )
    [event] = account.after_send(answer["MessageId"])
    assert event["eventType"] == "Rendering Failure"
    assert event["failure"]["templateName"] == "line-9"
    assert "Attribute 'name' is not present in the rendering data." in event["failure"]["errorMessage"]
    assert account.total("RenderingFailure", **{"campaign-9": "x"}) == 1
    arrived = account.service.get("/_aws/ses")["messages"]
    assert "line-9@example.net" not in [each["Destination"]["ToAddresses"][0] for each in arrived]


def test_10_a_suppressed_address_bounces_or_complains_by_the_reason_it_is_listed_for(
    account: Account,
) -> None:
    for reason, kind in (("BOUNCE", "bounce"), ("COMPLAINT", "complaint")):
        address = f"{kind}-10@example.net"
        account.v2.put_suppressed_destination(EmailAddress=address, Reason=reason)
        message_id = account.send(address)
        [event] = account.after_send(message_id)
        assert event["eventType"] == kind.title()
        assert event[kind][f"{kind}SubType"] == "OnAccountSuppressionList"


def test_11_a_configuration_set_that_suppresses_for_no_reason_delivers(account: Account) -> None:
    account.v2.create_configuration_set(
        ConfigurationSetName="line-11", SuppressionOptions={"SuppressedReasons": []}
    )
    account.v2.put_suppressed_destination(EmailAddress="listed-11@example.net", Reason="BOUNCE")
    message_id = account.send("listed-11@example.net", ConfigurationSetName="line-11")
    assert [each["eventType"] for each in account.after_send(message_id)] == ["Delivery"]


def test_12_a_paused_set_refuses_with_each_apis_own_exception(account: Account) -> None:
    account.v2.create_configuration_set(
        ConfigurationSetName="line-12", SendingOptions={"SendingEnabled": False}
    )
    error = refused(account.send_raw, ConfigurationSetName="line-12")
    assert (error["Code"], error["Status"]) == ("ConfigurationSetSendingPausedException", 400)
    error = refused(account.send, ConfigurationSetName="line-12")
    assert (error["Code"], error["Status"]) == ("SendingPausedException", 400)


def test_13_an_unknown_set_refuses_with_each_apis_own_exception(account: Account) -> None:
    error = refused(account.send_raw, ConfigurationSetName="unknown")
    assert (error["Code"], error["Status"]) == ("ConfigurationSetDoesNotExist", 400)
    error = refused(account.send, ConfigurationSetName="unknown")
    assert (error["Code"], error["Status"]) == ("NotFoundException", 404)


def test_14_tags_of_the_call_hide_those_of_the_header(account: Account) -> None:
    message_id = account.send_raw(
        "X-SES-MESSAGE-TAGS: header=yes, shared=header", Tags=[{"Name": "shared", "Value": "call"}]
    )
    tags = account.events(message_id)[0]["mail"]["tags"]
    assert tags["shared"] == ["call"]
    assert "header" not in tags


def test_15_every_refusal_of_a_send_is_the_exception_that_boto3_names(tmp_path: Path) -> None:
    with running(tmp_path / "data", "--max-24-hour-send", "1") as started:
        account = Account(started)
        v1, v2 = account.v1.exceptions, account.v2.exceptions
        unverified = {"Content": {"Simple": TEXT}, "Destination": {"ToAddresses": [SUCCESS]}}
        account.v2.create_configuration_set(
            ConfigurationSetName="paused", SendingOptions={"SendingEnabled": False}
        )
        foreign = f"From: nobody@example.org\r\nTo: {SUCCESS}\r\n\r\n".encode()
        cases: list[tuple[type[Exception], Callable[[], Any]]] = [
            (v1.MessageRejected, lambda: account.v1.send_raw_email(RawMessage={"Data": foreign})),
            (
                v2.MessageRejected,
                lambda: account.v2.send_email(FromEmailAddress="nobody@example.org", **unverified),
            ),
            (v1.TemplateDoesNotExistException, lambda: account.send_template("unknown")),
            (v2.NotFoundException, lambda: account.send_template_v2("unknown")),
            (v1.ConfigurationSetDoesNotExistException, lambda: account.send_raw(ConfigurationSetName="no")),
            (v2.NotFoundException, lambda: account.send(ConfigurationSetName="no")),
            (
                v1.ConfigurationSetSendingPausedException,
                lambda: account.send_raw(ConfigurationSetName="paused"),
            ),
            (v2.SendingPausedException, lambda: account.send(ConfigurationSetName="paused")),
            (v2.BadRequestException, lambda: account.send("no address")),
            (v2.BadRequestException, lambda: account.send(*(f"{n}@example.net" for n in range(51)))),
            (v2.BadRequestException, lambda: account.send(tags={"not legal": "x"})),
            (v2.TooManyRequestsException, lambda: account.send("a@example.net", "b@example.net")),
        ]
        for exception, call in cases:
            with pytest.raises(exception):
                call()
        for code, to in (
            ("InvalidParameterValue", "no address"),
            ("Throttling", "a@example.net, b@example.net"),
        ):
            assert refused(account.send_raw, to=to)["Code"] == code
        account.v1.update_account_sending_enabled(Enabled=False)
        with pytest.raises(v1.AccountSendingPausedException):
            account.send_raw()
        with pytest.raises(v2.SendingPausedException):
            account.send()


class FullMailbox(StreamRequestHandler):
    """A receiving server where nobody has room left."""

    def handle(self) -> None:
        self.wfile.write(b"220 receiver\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            self.wfile.write(b"552 5.2.2 mailbox full\r\n" if verb == b"RCPT" else b"250 OK\r\n")
            if verb == b"QUIT":
                return


@pytest.fixture
def full_mailbox() -> Iterator[str]:
    with ThreadingTCPServer(("127.0.0.1", 0), FullMailbox) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_17_statistics_count_hard_bounces_by_quarter_hours_for_two_weeks_and_the_quota_recipients(
    tmp_path: Path, full_mailbox: str
) -> None:
    with running(tmp_path / "data", "--capture", full_mailbox) as started:
        account = Account(started)
        soft = account.send("full@example.net", "more@example.net")
        assert {each["bounce"]["bounceType"] for each in account.after_send(soft)} == {"Transient"}
        hard = account.send("bounce@simulator.amazonses.com")
        account.after_send(hard)
        assert account.v1.get_send_quota()["SentLast24Hours"] == 2
        started.step(900)
        account.after_send(account.send())

        def statistics() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = account.v1.get_send_statistics()["SendDataPoints"]
            return found

        points = wait_until(statistics, lambda found: sum(each["DeliveryAttempts"] for each in found) == 4)
        times = sorted(point["Timestamp"].timestamp() for point in points)
        assert len(times) == 2
        assert times[1] - times[0] == 900
        assert all(time % 900 == 0 for time in times)
        totals: Counter[str] = Counter()
        for point in points:
            totals.update({name: value for name, value in point.items() if name != "Timestamp"})
        assert totals == {"DeliveryAttempts": 4, "Bounces": 1, "Complaints": 0, "Rejects": 0}
        started.step(15 * 86400)
        assert statistics() == []


def test_18_the_account_is_counted_without_dimensions_and_without_a_configuration_set(
    account: Account,
) -> None:
    before = account.total("Send"), account.total("Delivery")
    account.after_send(account.send())
    assert (account.total("Send"), account.total("Delivery")) == (before[0] + 1, before[1] + 1)
