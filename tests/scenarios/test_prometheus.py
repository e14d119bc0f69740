"""/metrics: the service's own figures and the mail's metrics, as Prometheus' own parser reads them, for who may."""

import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.scenarios.service import Service, running, wait_until

pytestmark = pytest.mark.scenario

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(service: Service, **headers: str) -> Samples:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(
        urllib.request.Request(f"{service.http}/metrics", headers=named), timeout=10
    ) as answer:
        text = answer.read().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def mail_metric(found: Samples, name: str, **dimensions: str) -> float | None:
    labels = {"account_id": "000000000000", "region": "us-east-1"}
    return found.get((name, frozenset((labels | dimensions).items())))


def test_sends_are_counted_for_the_account_and_by_message_tag(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        client = service.client("sesv2")
        client.create_email_identity(EmailIdentity="sender@example.com")
        client.create_configuration_set(ConfigurationSetName="news")
        dimension = {
            "DimensionName": "campaign",
            "DimensionValueSource": "MESSAGE_TAG",
            "DefaultDimensionValue": "none",
        }
        client.create_configuration_set_event_destination(
            ConfigurationSetName="news",
            EventDestinationName="metrics",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": ["SEND"],
                "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
            },
        )
        for _ in range(3):
            client.send_email(
                FromEmailAddress="sender@example.com",
                Destination={"ToAddresses": ["somebody@example.net"]},
                Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}},
                ConfigurationSetName="news",
                EmailTags=[{"Name": "campaign", "Value": "spring-1"}],
            )
        found = wait_until(
            lambda: scrape(service), lambda found: mail_metric(found, "aws_ses_delivery_total") == 3
        )
        assert mail_metric(found, "aws_ses_send_total") == 3
        assert mail_metric(found, "aws_ses_send_total", dimension_campaign="spring-1") == 3
        assert found["mailgauge_metrics_behind_entries", frozenset()] == 0
        assert found["mailgauge_store_bytes", frozenset({("database", "mail.db")})] > 0
        assert ("process_resident_memory_bytes", frozenset()) in found


def test_a_proxy_on_this_machine_gets_nothing_for_others(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        with pytest.raises(urllib.error.HTTPError) as refused:
            scrape(service, X_Forwarded_For="192.0.2.7")
        assert refused.value.code == 404
        with pytest.raises(urllib.error.HTTPError):
            scrape(service, X_Forwarded_For="192.0.2.7", Authorization="Bearer ")


def test_who_has_the_token_reads_it_from_anywhere(tmp_path: Path) -> None:
    config = tmp_path / "mailgauge.toml"
    config.write_text('[server]\nmetrics_token = "open-sesame"\n')
    with running(tmp_path / "data", "--config", str(config)) as service:
        assert scrape(service, X_Forwarded_For="192.0.2.7", Authorization="Bearer open-sesame")
        with pytest.raises(urllib.error.HTTPError):
            scrape(service, X_Forwarded_For="192.0.2.7", Authorization="Bearer open")
