"""Identities through both APIs, over one state."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ses.control_client import NOW, Client

AT = datetime.fromtimestamp(NOW, UTC)


async def status_v1(client: Client, *names: str) -> dict[str, Any]:
    described = await client.v1("GetIdentityVerificationAttributes", Identities=list(names))
    found: dict[str, Any] = described["VerificationAttributes"]
    return found


async def test_an_address_verified_by_v1_is_an_identity_of_v2(client: Client) -> None:
    assert await client.v1("VerifyEmailIdentity", EmailAddress="joe@shop.example") == {}
    assert await client.v2("GetEmailIdentity", EmailIdentity="joe@shop.example") == {
        "IdentityType": "EMAIL_ADDRESS",
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": True,
        "DkimAttributes": {
            "SigningEnabled": False,
            "Status": "NOT_STARTED",
            "Tokens": [],
            "SigningAttributesOrigin": "AWS_SES",
            "NextSigningKeyLength": "RSA_2048_BIT",
        },
        "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
        "Policies": {},
        "Tags": [],
        "VerificationStatus": "SUCCESS",
        "VerificationInfo": {"LastCheckedTimestamp": AT, "LastSuccessTimestamp": AT},
    }


async def test_a_domain_made_by_v2_has_the_same_tokens_in_v1(client: Client) -> None:
    made = await client.v2("CreateEmailIdentity", EmailIdentity="shop.example")
    assert (made["IdentityType"], made["VerifiedForSendingStatus"]) == ("DOMAIN", True)
    tokens = made["DkimAttributes"]["Tokens"]
    assert await client.v1("VerifyDomainDkim", Domain="shop.example") == {"DkimTokens": tokens}
    dkim = await client.v1("GetIdentityDkimAttributes", Identities=["shop.example", "unknown.example"])
    assert dkim["DkimAttributes"] == {
        "shop.example": {"DkimEnabled": True, "DkimVerificationStatus": "Success", "DkimTokens": tokens}
    }
    token = (await client.v1("VerifyDomainIdentity", Domain="shop.example"))["VerificationToken"]
    assert await status_v1(client, "shop.example") == {
        "shop.example": {"VerificationStatus": "Success", "VerificationToken": token}
    }


async def test_unknown_identities_are_absent_from_v1_and_not_found_in_v2(client: Client) -> None:
    assert await status_v1(client, "joe@shop.example") == {}
    error = await client.refusal_v2("GetEmailIdentity", EmailIdentity="joe@shop.example")
    assert error.code == "NotFoundException"


async def test_v1_verifies_again_and_v2_does_not_create_again(client: Client) -> None:
    await client.v1("VerifyEmailIdentity", EmailAddress="joe@shop.example")
    await client.v1("VerifyEmailAddress", EmailAddress="joe@shop.example")
    error = await client.refusal_v2("CreateEmailIdentity", EmailIdentity="joe@shop.example")
    assert error.code == "AlreadyExistsException"


async def test_v1_deletes_what_is_not_there_and_v2_does_not(client: Client) -> None:
    assert await client.v1("DeleteIdentity", Identity="joe@shop.example") == {}
    error = await client.refusal_v2("DeleteEmailIdentity", EmailIdentity="joe@shop.example")
    assert error.code == "NotFoundException"
    await client.v2("CreateEmailIdentity", EmailIdentity="joe@shop.example")
    await client.v1("DeleteVerifiedEmailAddress", EmailAddress="joe@shop.example")
    assert (await client.v2("ListEmailIdentities"))["EmailIdentities"] == []


async def test_identities_are_listed_by_both_apis(client: Client) -> None:
    for name in ("shop.example", "joe@shop.example", "ann@shop.example"):
        await client.v2("CreateEmailIdentity", EmailIdentity=name)
    first = await client.v2("ListEmailIdentities", PageSize=1)
    assert first["EmailIdentities"] == [
        {
            "IdentityType": "EMAIL_ADDRESS",
            "IdentityName": "ann@shop.example",
            "SendingEnabled": True,
            "VerificationStatus": "SUCCESS",
        }
    ]
    rest = await client.v2("ListEmailIdentities", NextToken=first["NextToken"])
    assert [each["IdentityName"] for each in rest["EmailIdentities"]] == ["joe@shop.example", "shop.example"]
    domains = await client.v1("ListIdentities", IdentityType="Domain")
    assert domains == {"Identities": ["shop.example"]}
    addresses = await client.v1("ListIdentities", IdentityType="EmailAddress", MaxItems=1)
    assert addresses["Identities"] == ["ann@shop.example"]
    assert "NextToken" in addresses
    assert await client.v1("ListVerifiedEmailAddresses") == {
        "VerifiedEmailAddresses": ["ann@shop.example", "joe@shop.example"]
    }


async def test_identities_of_another_region_are_not_seen(client: Client) -> None:
    await client.v2("CreateEmailIdentity", EmailIdentity="shop.example")
    assert (await client.at(NOW, "eu-west-1").v2("ListEmailIdentities"))["EmailIdentities"] == []


async def test_a_default_configuration_set_is_kept_with_its_identity(client: Client) -> None:
    missing = await client.refusal_v2(
        "CreateEmailIdentity", EmailIdentity="shop.example", ConfigurationSetName="news"
    )
    assert (missing.code, missing.message) == (
        "NotFoundException",
        "Configuration set <news> does not exist.",
    )
    await client.v1("CreateConfigurationSet", ConfigurationSet={"Name": "news"})
    await client.v2("CreateEmailIdentity", EmailIdentity="shop.example", ConfigurationSetName="news")
    described = await client.v2("GetEmailIdentity", EmailIdentity="shop.example")
    assert described["ConfigurationSetName"] == "news"
    await client.v2("PutEmailIdentityConfigurationSetAttributes", EmailIdentity="shop.example")
    assert "ConfigurationSetName" not in await client.v2("GetEmailIdentity", EmailIdentity="shop.example")


async def test_what_is_no_identity_is_refused(client: Client) -> None:
    error = await client.refusal_v1("VerifyEmailIdentity", EmailAddress="shop.example")
    assert (error.code, error.message) == ("InvalidParameterValue", "Invalid email address<shop.example>.")
    error = await client.refusal_v1("VerifyDomainIdentity", Domain="joe@shop.example")
    assert error.code == "InvalidParameterValue"
    error = await client.refusal_v2("CreateEmailIdentity", EmailIdentity="not a domain")
    assert error.code == "BadRequestException"


@pytest.mark.parametrize("kind", ["identity", "configuration-set"])
async def test_resources_are_tagged(client: Client, kind: str) -> None:
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "stage", "Value": "test"}]
    name = "shop.example" if kind == "identity" else "shop"
    if kind == "identity":
        await client.v2("CreateEmailIdentity", EmailIdentity=name, Tags=tags)
    else:
        await client.v2("CreateConfigurationSet", ConfigurationSetName=name, Tags=tags)
    arn = f"arn:aws:ses:us-east-1:000000000000:{kind}/{name}"
    await client.v2("TagResource", ResourceArn=arn, Tags=[{"Key": "team", "Value": "red"}])
    await client.v2("UntagResource", ResourceArn=arn, TagKeys=["stage", "never"])
    assert await client.v2("ListTagsForResource", ResourceArn=arn) == {
        "Tags": [{"Key": "team", "Value": "red"}]
    }


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("arn:aws:ses:us-east-1:000000000000:identity/unknown.example", "NotFoundException"),
        ("arn:aws:ses:eu-west-1:000000000000:identity/shop.example", "NotFoundException"),
        ("arn:aws:ses:us-east-1:000000000000:template/x", "NotFoundException"),
        ("shop.example", "BadRequestException"),
    ],
)
async def test_only_resources_of_the_caller_are_tagged(client: Client, arn: str, code: str) -> None:
    await client.v2("CreateEmailIdentity", EmailIdentity="shop.example")
    assert (await client.refusal_v2("ListTagsForResource", ResourceArn=arn)).code == code


async def test_a_resource_has_fifty_tags_at_most(client: Client) -> None:
    fifty = [{"Key": f"k{n}", "Value": ""} for n in range(50)]
    await client.v2("CreateEmailIdentity", EmailIdentity="shop.example", Tags=fifty)
    arn = "arn:aws:ses:us-east-1:000000000000:identity/shop.example"
    error = await client.refusal_v2("TagResource", ResourceArn=arn, Tags=[{"Key": "more", "Value": ""}])
    assert error.code == "LimitExceededException"
    assert len((await client.v2("ListTagsForResource", ResourceArn=arn))["Tags"]) == 50
