"""The suppression list and whom it applies to, through both the API and the rules."""

import pytest

from mailgauge.base.scope import Scope
from mailgauge.ses import suppression
from mailgauge.ses.account import Policy
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.suppression import Reason, Suppressed
from mailgauge.store.sqlite import SqliteStore
from tests.ses.control_client import NOW, Client


async def put(client: Client, *addresses: str, reason: str = "BOUNCE") -> None:
    for address in addresses:
        await client.v2("PutSuppressedDestination", EmailAddress=address, Reason=reason)


async def addresses(client: Client, **filters: object) -> list[str]:
    found = await client.v2("ListSuppressedDestinations", **filters)
    return [each["EmailAddress"] for each in found["SuppressedDestinationSummaries"]]


async def test_an_address_is_put_found_replaced_and_removed(client: Client) -> None:
    await put(client, "Jane@Example.com")
    found = await client.v2("GetSuppressedDestination", EmailAddress="jane@example.com")
    assert found == {
        "SuppressedDestination": {
            "EmailAddress": "Jane@Example.com",
            "Reason": "BOUNCE",
            "LastUpdateTime": timestamp(NOW),
        }
    }
    await put(client.at(NOW + 60), "jane@example.com", reason="COMPLAINT")
    found = await client.v2("GetSuppressedDestination", EmailAddress="JANE@example.com")
    assert found["SuppressedDestination"]["Reason"] == "COMPLAINT"
    assert found["SuppressedDestination"]["LastUpdateTime"] == timestamp(NOW + 60)
    assert await addresses(client) == ["jane@example.com"]
    await client.v2("DeleteSuppressedDestination", EmailAddress="jane@EXAMPLE.com")
    assert await addresses(client) == []


@pytest.mark.parametrize("operation", ["GetSuppressedDestination", "DeleteSuppressedDestination"])
async def test_an_unknown_address_is_not_found(client: Client, operation: str) -> None:
    await put(client, "jane@example.com")
    elsewhere = client.at(NOW, "eu-west-1")
    refused = await elsewhere.refusal_v2(operation, EmailAddress="jane@example.com")
    assert refused.code == "NotFoundException"
    assert refused.message == "Email address jane@example.com does not exist on your suppression list."


@pytest.mark.parametrize("address", ["jane", "Jane <jane@example.com>", "jane@", "a@b@c"])
async def test_what_is_no_address_is_refused(client: Client, address: str) -> None:
    refused = await client.refusal_v2("PutSuppressedDestination", EmailAddress=address, Reason="BOUNCE")
    assert refused.code == "BadRequestException"


async def test_the_sandbox_adds_nothing_by_hand(client: Client) -> None:
    sandboxed = client.with_policy(Policy(sandbox=True))
    refused = await sandboxed.refusal_v2(
        "PutSuppressedDestination", EmailAddress="a@example.com", Reason="BOUNCE"
    )
    assert refused.code == "BadRequestException"


async def test_entries_show_the_message_and_the_event_that_made_them(
    client: Client, store: SqliteStore, here: Scope
) -> None:
    entry = Suppressed("jane@example.com", Reason.COMPLAINT, NOW, "message", "feedback")
    await store.write(lambda tx: suppression.put(tx, here, entry))
    found = await client.v2("GetSuppressedDestination", EmailAddress="jane@example.com")
    assert found["SuppressedDestination"]["Attributes"] == {"MessageId": "message", "FeedbackId": "feedback"}


async def test_lists_are_filtered_by_reason_and_time(client: Client) -> None:
    await put(client, "a@example.com")
    await put(client.at(NOW + 60), "b@example.com", reason="COMPLAINT")
    await put(client.at(NOW + 120), "c@example.com")
    assert await addresses(client) == ["a@example.com", "b@example.com", "c@example.com"]
    assert await addresses(client, Reasons=["COMPLAINT"]) == ["b@example.com"]
    assert await addresses(client, Reasons=["BOUNCE", "COMPLAINT"], StartDate=timestamp(NOW + 60)) == [
        "b@example.com",
        "c@example.com",
    ]
    assert await addresses(client, EndDate=timestamp(NOW + 60)) == ["a@example.com", "b@example.com"]


async def test_lists_are_paged(client: Client) -> None:
    everybody = [f"{name}@example.com" for name in "abcde"]
    await put(client, *everybody)
    seen: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = await client.v2("ListSuppressedDestinations", PageSize=2, **more)
        seen += [each["EmailAddress"] for each in page["SuppressedDestinationSummaries"]]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert seen == everybody
    refused = await client.refusal_v2("ListSuppressedDestinations", NextToken="made up")
    assert refused.code == "InvalidNextTokenException"


async def test_a_new_account_suppresses_for_both_reasons(client: Client) -> None:
    found = await client.v2("GetAccount")
    assert found["SuppressionAttributes"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    await client.v2("PutAccountSuppressionAttributes", SuppressedReasons=["COMPLAINT"])
    found = await client.v2("GetAccount")
    assert found["SuppressionAttributes"] == {"SuppressedReasons": ["COMPLAINT"]}
    await client.v2("PutAccountSuppressionAttributes")
    found = await client.v2("GetAccount")
    assert found["SuppressionAttributes"] == {"SuppressedReasons": []}


async def test_a_set_overrides_the_account_until_it_no_longer_does(
    client: Client, store: SqliteStore, here: Scope
) -> None:
    async def reasons(name: str | None) -> tuple[str, ...]:
        return await store.read(lambda tx: suppression.effective_reasons(tx, here, name))

    await client.v2("CreateConfigurationSet", ConfigurationSetName="plain")
    options = {"SuppressedReasons": ["COMPLAINT"]}
    await client.v2("CreateConfigurationSet", ConfigurationSetName="own", SuppressionOptions=options)
    assert await reasons(None) == await reasons("plain") == await reasons("gone") == ("BOUNCE", "COMPLAINT")
    assert await reasons("own") == ("COMPLAINT",)
    for given, expected in (([], ()), (["BOUNCE"], ("BOUNCE",))):
        await client.v2(
            "PutConfigurationSetSuppressionOptions", ConfigurationSetName="own", SuppressedReasons=given
        )
        assert await reasons("own") == expected
        shown = await client.v2("GetConfigurationSet", ConfigurationSetName="own")
        assert shown["SuppressionOptions"] == {"SuppressedReasons": given}
    await client.v2("PutConfigurationSetSuppressionOptions", ConfigurationSetName="own")
    assert await reasons("own") == ("BOUNCE", "COMPLAINT")
    assert "SuppressionOptions" not in await client.v2("GetConfigurationSet", ConfigurationSetName="own")


async def test_a_recipient_is_listed_only_for_an_effective_reason(
    client: Client, store: SqliteStore, here: Scope
) -> None:
    await put(client, "bounced@example.com")
    await put(client, "Complained@example.com", reason="COMPLAINT")
    await client.v2("PutAccountSuppressionAttributes", SuppressedReasons=["COMPLAINT"])
    recipients = ["fine@example.com", "bounced@example.com", "complained@EXAMPLE.com"]
    found = await store.read(lambda tx: suppression.listed(tx, here, None, recipients))
    assert found == {"complained@EXAMPLE.com": Reason.COMPLAINT}


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("PutConfigurationSetSuppressionOptions", {"SuppressedReasons": []}),
        ("PutConfigurationSetReputationOptions", {"ReputationMetricsEnabled": True}),
        ("PutConfigurationSetVdmOptions", {}),
    ],
)
async def test_options_of_an_unknown_set_are_not_found(
    client: Client, operation: str, parameters: dict[str, object]
) -> None:
    refused = await client.refusal_v2(operation, ConfigurationSetName="none", **parameters)
    assert refused.code == "NotFoundException"
