"""Suppression list, account, options of sets and deliverability with boto3: through the wire, and every error that can occur."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.service import Service, running, wait_until

SENDER = "sender@example.com"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all: each test uses a Region of its own."""
    with running(Path(tmp_path_factory.mktemp("lists")) / "data") as started:
        yield started


def code_of(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    "address", ["first+label@example.net", "100%/odd?&#@example.net", "o'hara@example.net"]
)
def test_any_address_is_put_found_and_removed(shared: Service, address: str) -> None:
    ses = shared.client("sesv2", "eu-west-1")
    ses.put_suppressed_destination(EmailAddress=address, Reason="COMPLAINT")
    found = ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == (address, "COMPLAINT")
    assert abs(found["LastUpdateTime"] - datetime.now(UTC)) < timedelta(minutes=1)
    ses.delete_suppressed_destination(EmailAddress=address)
    assert code_of(ses.get_suppressed_destination, EmailAddress=address) == "NotFoundException"
    assert code_of(ses.delete_suppressed_destination, EmailAddress=address) == "NotFoundException"


def test_the_list_is_filtered_and_paged(shared: Service) -> None:
    ses = shared.client("sesv2", "eu-west-2")
    for number in range(5):
        reason = "COMPLAINT" if number % 2 else "BOUNCE"
        ses.put_suppressed_destination(EmailAddress=f"{number}@example.net", Reason=reason)

    def listed(**filters: Any) -> list[str]:
        found = ses.list_suppressed_destinations(**filters)["SuppressedDestinationSummaries"]
        return [each["EmailAddress"][0] for each in found]

    now = datetime.now(UTC)
    assert listed() == listed(Reasons=["BOUNCE", "COMPLAINT"]) == list("01234")
    assert listed(Reasons=["COMPLAINT"]) == list("13")
    assert listed(StartDate=now - timedelta(hours=1), EndDate=now + timedelta(hours=1)) == list("01234")
    assert listed(StartDate=now + timedelta(hours=1)) == listed(EndDate=now - timedelta(hours=1)) == []
    page = ses.list_suppressed_destinations(PageSize=3)
    assert listed(PageSize=3, NextToken=page["NextToken"]) == list("34")
    assert code_of(ses.list_suppressed_destinations, NextToken="made up") == "InvalidNextTokenException"
    refused = code_of(ses.put_suppressed_destination, EmailAddress="nobody", Reason="BOUNCE")
    assert refused == "BadRequestException"


def test_the_account_shows_what_was_put(shared: Service) -> None:
    ses = shared.client("sesv2", "eu-west-3")
    before = ses.get_account()
    assert before["SuppressionAttributes"]["SuppressedReasons"] == ["BOUNCE", "COMPLAINT"]
    assert before["EnforcementStatus"] == "HEALTHY"
    assert not {"Details", "VdmAttributes"} & set(before)
    details = {
        "MailType": "TRANSACTIONAL",
        "WebsiteURL": "https://example.com/?a=b",
        "ContactLanguage": "JA",
        "AdditionalContactEmailAddresses": ["ops@example.com"],
    }
    ses.put_account_details(**details)
    vdm = {"VdmEnabled": "DISABLED", "DashboardAttributes": {"EngagementMetrics": "ENABLED"}}
    ses.put_account_vdm_attributes(VdmAttributes=vdm)
    ses.put_account_suppression_attributes(SuppressedReasons=[])
    after = ses.get_account()
    assert (after["Details"], after["VdmAttributes"]) == (details, vdm)
    assert after["SuppressionAttributes"]["SuppressedReasons"] == []
    too_many = [f"ops{n}@example.com" for n in range(5)]
    refused = code_of(ses.put_account_details, **{**details, "AdditionalContactEmailAddresses": too_many})
    assert refused == "BadRequestException"


def test_options_of_a_set_read_back_in_both_apis(shared: Service) -> None:
    v1, v2 = shared.client("ses", "eu-north-1"), shared.client("sesv2", "eu-north-1")
    v1.create_configuration_set(ConfigurationSet={"Name": "news"})
    v1.update_configuration_set_reputation_metrics_enabled(ConfigurationSetName="news", Enabled=True)
    v2.put_configuration_set_suppression_options(ConfigurationSetName="news", SuppressedReasons=["COMPLAINT"])
    vdm = {"GuardianOptions": {"OptimizedSharedDelivery": "DISABLED"}}
    v2.put_configuration_set_vdm_options(ConfigurationSetName="news", VdmOptions=vdm)
    shown = v2.get_configuration_set(ConfigurationSetName="news")
    assert shown["ReputationOptions"]["ReputationMetricsEnabled"] is True
    assert shown["SuppressionOptions"] == {"SuppressedReasons": ["COMPLAINT"]}
    assert shown["VdmOptions"] == vdm
    v2.put_configuration_set_reputation_options(ConfigurationSetName="news", ReputationMetricsEnabled=False)
    described = v1.describe_configuration_set(
        ConfigurationSetName="news", ConfigurationSetAttributeNames=["reputationOptions"]
    )
    assert described["ReputationOptions"]["ReputationMetricsEnabled"] is False
    for put in (
        v2.put_configuration_set_suppression_options,
        v2.put_configuration_set_reputation_options,
        v2.put_configuration_set_vdm_options,
    ):
        assert code_of(put, ConfigurationSetName="none") == "NotFoundException"
    update = v1.update_configuration_set_reputation_metrics_enabled
    refused = code_of(update, ConfigurationSetName="none", Enabled=True)
    assert refused == "ConfigurationSetDoesNotExist"


def test_sums_and_insights_are_read_from_what_was_sent(shared: Service) -> None:
    ses = shared.client("sesv2", "us-west-2")
    ses.create_email_identity(EmailIdentity=SENDER)
    message_id = ses.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["jane@gmail.com"]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}},
    )["MessageId"]
    now = datetime.now(UTC)
    query = {"Id": "q", "Namespace": "VDM", "Metric": "DELIVERY", "Dimensions": {"ISP": "Gmail"}}
    span = {"StartDate": now - timedelta(days=2), "EndDate": now + timedelta(days=1)}
    assert code_of(ses.get_message_insights, MessageId=message_id) == "NotFoundException"
    assert code_of(ses.batch_get_metric_data, Queries=[{**query, **span}]) == "NotFoundException"
    ses.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})
    [result] = wait_until(
        lambda: ses.batch_get_metric_data(Queries=[{**query, **span}])["Results"],
        lambda results: bool(results[0]["Values"]),
    )
    assert (result["Id"], result["Values"]) == ("q", [1])
    insights = ses.get_message_insights(MessageId=message_id)
    assert insights["Subject"] == "Hello"
    [recipient] = insights["Insights"]
    assert (recipient["Destination"], recipient["Isp"]) == ("jane@gmail.com", "Gmail")
    assert [each["Type"] for each in recipient["Events"]] == ["SEND", "DELIVERY"]
    assert code_of(ses.get_message_insights, MessageId="unknown") == "NotFoundException"
    backwards = {"StartDate": now, "EndDate": now - timedelta(days=1)}
    assert code_of(ses.batch_get_metric_data, Queries=[{**query, **backwards}]) == "BadRequestException"
