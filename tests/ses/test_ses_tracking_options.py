"""Tracking options of configuration sets, through both APIs."""

import pytest

from tests.ses.control_client import Client

ALL = ["trackingOptions"]


@pytest.fixture
async def with_set(client: Client) -> Client:
    await client.v1("CreateConfigurationSet", ConfigurationSet={"Name": "news"})
    await client.v2("CreateEmailIdentity", EmailIdentity="shop.example")
    return client


async def test_v1_and_v2_share_tracking_options(with_set: Client) -> None:
    client = with_set
    options = {"CustomRedirectDomain": "t.shop.example"}
    assert (
        await client.v1(
            "CreateConfigurationSetTrackingOptions", ConfigurationSetName="news", TrackingOptions=options
        )
        == {}
    )
    found = await client.v2("GetConfigurationSet", ConfigurationSetName="news")
    assert found["TrackingOptions"] == options
    await client.v2(
        "PutConfigurationSetTrackingOptions",
        ConfigurationSetName="news",
        CustomRedirectDomain="shop.example",
        HttpsPolicy="REQUIRE",
    )
    await client.v1(
        "UpdateConfigurationSetTrackingOptions", ConfigurationSetName="news", TrackingOptions=options
    )
    found = await client.v2("GetConfigurationSet", ConfigurationSetName="news")
    assert found["TrackingOptions"] == {**options, "HttpsPolicy": "REQUIRE"}
    described = await client.v1(
        "DescribeConfigurationSet", ConfigurationSetName="news", ConfigurationSetAttributeNames=ALL
    )
    assert described["TrackingOptions"] == options
    await client.v1("DeleteConfigurationSetTrackingOptions", ConfigurationSetName="news")
    assert "TrackingOptions" not in await client.v2("GetConfigurationSet", ConfigurationSetName="news")


async def test_v2_creates_a_set_with_them_and_takes_them_away(with_set: Client) -> None:
    options = {"CustomRedirectDomain": "t.shop.example", "HttpsPolicy": "OPTIONAL"}
    await with_set.v2("CreateConfigurationSet", ConfigurationSetName="other", TrackingOptions=options)
    found = await with_set.v2("GetConfigurationSet", ConfigurationSetName="other")
    assert found["TrackingOptions"] == options
    await with_set.v2("PutConfigurationSetTrackingOptions", ConfigurationSetName="other")
    described = await with_set.v1(
        "DescribeConfigurationSet", ConfigurationSetName="other", ConfigurationSetAttributeNames=ALL
    )
    assert "TrackingOptions" not in described


@pytest.mark.parametrize("domain", ["", "other.example", "myshop.example"])
async def test_the_domain_must_be_verified(with_set: Client, domain: str) -> None:
    options = {"CustomRedirectDomain": domain}
    error = await with_set.refusal_v1(
        "CreateConfigurationSetTrackingOptions", ConfigurationSetName="news", TrackingOptions=options
    )
    assert error.code == "InvalidTrackingOptionsException"
    if domain:
        refused = await with_set.refusal_v2(
            "PutConfigurationSetTrackingOptions", ConfigurationSetName="news", **options
        )
        text = f"Domain <{domain}> is not verified under this account."
        assert (refused.code, refused.message) == ("BadRequestException", text)
        refused = await with_set.refusal_v2(
            "CreateConfigurationSet", ConfigurationSetName="other", TrackingOptions=options
        )
        assert refused.code == "BadRequestException"
        found = await with_set.refusal_v2("GetConfigurationSet", ConfigurationSetName="other")
        assert found.code == "NotFoundException"


async def test_v1_tells_what_is_there_from_what_is_not(with_set: Client) -> None:
    options = {"CustomRedirectDomain": "shop.example"}
    given = {"ConfigurationSetName": "news", "TrackingOptions": options}
    missing = await with_set.refusal_v1("UpdateConfigurationSetTrackingOptions", **given)
    assert (missing.code, missing.message) == (
        "TrackingOptionsDoesNotExistException",
        "There are no tracking options for configuration set <news>",
    )
    gone = await with_set.refusal_v1("DeleteConfigurationSetTrackingOptions", ConfigurationSetName="news")
    assert gone.code == "TrackingOptionsDoesNotExistException"
    assert gone.members == {"ConfigurationSetName": "news"}
    await with_set.v1("CreateConfigurationSetTrackingOptions", **given)
    twice = await with_set.refusal_v1("CreateConfigurationSetTrackingOptions", **given)
    assert twice.code == "TrackingOptionsAlreadyExistsException"
    unknown = {"ConfigurationSetName": "unknown", "TrackingOptions": options}
    for operation in ("Create", "Update"):
        error = await with_set.refusal_v1(f"{operation}ConfigurationSetTrackingOptions", **unknown)
        assert error.code == "ConfigurationSetDoesNotExistException"


async def test_an_https_policy_needs_a_domain_and_a_set(with_set: Client) -> None:
    error = await with_set.refusal_v2(
        "PutConfigurationSetTrackingOptions", ConfigurationSetName="news", HttpsPolicy="REQUIRE"
    )
    assert error.code == "BadRequestException"
    error = await with_set.refusal_v2("PutConfigurationSetTrackingOptions", ConfigurationSetName="unknown")
    assert error.code == "NotFoundException"
