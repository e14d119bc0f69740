"""Contact lists and contacts through API v2, held to botocore's models."""

from typing import Any

import pytest

from tests.ses.control_client import NOW, Client

LIST = "News"
TOPICS = [
    {"TopicName": "sports", "DisplayName": "Sports", "DefaultSubscriptionStatus": "OPT_OUT"},
    {
        "TopicName": "weekly",
        "DisplayName": "Weekly letter",
        "Description": "What happened",
        "DefaultSubscriptionStatus": "OPT_IN",
    },
]


def preference(topic: str, status: str) -> dict[str, str]:
    return {"TopicName": topic, "SubscriptionStatus": status}


@pytest.fixture
async def listed(client: Client) -> Client:
    await client.v2("CreateContactList", ContactListName=LIST, Topics=TOPICS)
    return client


async def test_a_list_reads_back_as_it_was_made(client: Client) -> None:
    await client.v2(
        "CreateContactList",
        ContactListName=LIST,
        Description="All our news",
        Topics=TOPICS,
        Tags=[{"Key": "team", "Value": "press"}],
    )
    found = await client.v2("GetContactList", ContactListName=LIST)
    assert (found["ContactListName"], found["Description"]) == (LIST, "All our news")
    assert found["Topics"] == TOPICS
    assert found["Tags"] == [{"Key": "team", "Value": "press"}]
    assert found["CreatedTimestamp"].timestamp() == found["LastUpdatedTimestamp"].timestamp() == NOW


async def test_an_update_replaces_topics_and_description_and_keeps_the_creation_time(listed: Client) -> None:
    await listed.at(NOW + 60).v2("UpdateContactList", ContactListName=LIST, Topics=TOPICS[1:])
    found = await listed.v2("GetContactList", ContactListName=LIST)
    assert found["Topics"] == TOPICS[1:]
    assert "Description" not in found
    assert found["CreatedTimestamp"].timestamp() == NOW
    assert found["LastUpdatedTimestamp"].timestamp() == NOW + 60


async def test_preferences_for_a_topic_that_goes_away_do_not_come_back_with_it(listed: Client) -> None:
    await listed.v2(
        "CreateContact",
        ContactListName=LIST,
        EmailAddress="a@example.com",
        TopicPreferences=[preference("sports", "OPT_IN")],
    )
    await listed.v2("UpdateContactList", ContactListName=LIST, Topics=TOPICS[1:])
    await listed.v2("UpdateContactList", ContactListName=LIST, Topics=TOPICS)
    contact = await listed.v2("GetContact", ContactListName=LIST, EmailAddress="a@example.com")
    assert contact["TopicPreferences"] == []


async def test_an_account_has_one_list_in_a_region(listed: Client) -> None:
    again = await listed.refusal_v2("CreateContactList", ContactListName=LIST)
    assert again.code == "AlreadyExistsException"
    second = await listed.refusal_v2("CreateContactList", ContactListName="Other")
    assert second.code == "LimitExceededException"
    await listed.at(NOW, "eu-west-1").v2("CreateContactList", ContactListName="Other")
    assert [each["ContactListName"] for each in (await listed.v2("ListContactLists"))["ContactLists"]] == [
        LIST
    ]


async def test_a_deleted_list_takes_its_contacts_and_tags_with_it(listed: Client) -> None:
    await listed.v2("CreateContact", ContactListName=LIST, EmailAddress="a@example.com")
    arn = f"arn:aws:ses:us-east-1:000000000000:contact-list/{LIST}"
    await listed.v2("TagResource", ResourceArn=arn, Tags=[{"Key": "team", "Value": "press"}])
    await listed.v2("DeleteContactList", ContactListName=LIST)
    await listed.v2("CreateContactList", ContactListName=LIST)
    assert (await listed.v2("ListContacts", ContactListName=LIST))["Contacts"] == []
    assert (await listed.v2("ListTagsForResource", ResourceArn=arn))["Tags"] == []


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({"ContactListName": "has space"}, "list name"),
        ({"ContactListName": "a" * 65}, "list name"),
        ({"Description": "d" * 501}, "Description"),
        ({"Topics": [TOPICS[0], TOPICS[0]]}, "Duplicate"),
        ({"Topics": [{**TOPICS[0], "TopicName": "has space"}]}, "topic name"),
        ({"Topics": [{**TOPICS[0], "DisplayName": ""}]}, "display name"),
        ({"Topics": [{**TOPICS[0], "TopicName": f"t{n}"} for n in range(21)]}, "20 topics"),
    ],
    ids=["name", "long name", "description", "duplicate", "topic name", "display name", "too many"],
)
async def test_what_is_no_list_is_refused(client: Client, params: dict[str, Any], fault: str) -> None:
    refused = await client.refusal_v2("CreateContactList", **{"ContactListName": LIST, **params})
    assert refused.code == "BadRequestException"
    assert fault in (refused.message or "")


async def test_a_contact_reads_back_with_its_preferences_and_the_defaults(listed: Client) -> None:
    await listed.v2(
        "CreateContact",
        ContactListName=LIST,
        EmailAddress="Ann@example.com",
        TopicPreferences=[preference("sports", "OPT_IN")],
        AttributesData='{"first": "Ann"}',
    )
    found = await listed.v2("GetContact", ContactListName=LIST, EmailAddress="ann@EXAMPLE.com")
    assert found["EmailAddress"] == "Ann@example.com"
    assert found["TopicPreferences"] == [preference("sports", "OPT_IN")]
    assert found["TopicDefaultPreferences"] == [
        preference("sports", "OPT_OUT"),
        preference("weekly", "OPT_IN"),
    ]
    assert found["UnsubscribeAll"] is False
    assert found["AttributesData"] == '{"first": "Ann"}'
    assert found["CreatedTimestamp"].timestamp() == NOW


async def test_an_update_replaces_all_preferences_and_keeps_what_it_leaves_out(listed: Client) -> None:
    await listed.v2(
        "CreateContact",
        ContactListName=LIST,
        EmailAddress="a@example.com",
        UnsubscribeAll=True,
        TopicPreferences=[preference("sports", "OPT_IN")],
        AttributesData="{}",
    )
    await listed.at(NOW + 5).v2(
        "UpdateContact",
        ContactListName=LIST,
        EmailAddress="a@example.com",
        TopicPreferences=[preference("weekly", "OPT_OUT")],
    )
    found = await listed.v2("GetContact", ContactListName=LIST, EmailAddress="a@example.com")
    assert found["TopicPreferences"] == [preference("weekly", "OPT_OUT")]
    assert (found["UnsubscribeAll"], found["AttributesData"]) == (True, "{}")
    assert (found["CreatedTimestamp"].timestamp(), found["LastUpdatedTimestamp"].timestamp()) == (
        NOW,
        NOW + 5,
    )


async def test_a_deleted_contact_is_gone(listed: Client) -> None:
    await listed.v2("CreateContact", ContactListName=LIST, EmailAddress="a@example.com")
    await listed.v2("DeleteContact", ContactListName=LIST, EmailAddress="a@example.com")
    refused = await listed.refusal_v2("GetContact", ContactListName=LIST, EmailAddress="a@example.com")
    assert (refused.code, refused.message) == ("NotFoundException", "a@example.com doesn't exist in List.")


@pytest.mark.parametrize("operation", ["GetContact", "CreateContact", "UpdateContact", "DeleteContact"])
async def test_contacts_of_no_list_are_not_found(client: Client, operation: str) -> None:
    refused = await client.refusal_v2(operation, ContactListName="No", EmailAddress="a@example.com")
    assert (refused.code, refused.message) == ("NotFoundException", "List with name: No doesn't exist.")


@pytest.mark.parametrize(
    "operation", ["GetContactList", "UpdateContactList", "DeleteContactList", "ListContacts"]
)
async def test_a_list_that_is_not_there_is_not_found(client: Client, operation: str) -> None:
    assert (await client.refusal_v2(operation, ContactListName="No")).code == "NotFoundException"


@pytest.mark.parametrize("operation", ["GetContact", "UpdateContact", "DeleteContact"])
async def test_a_contact_that_is_not_there_is_not_found(listed: Client, operation: str) -> None:
    refused = await listed.refusal_v2(operation, ContactListName=LIST, EmailAddress="no@example.com")
    assert refused.code == "NotFoundException"


async def test_what_is_no_contact_is_refused(listed: Client) -> None:
    await listed.v2("CreateContact", ContactListName=LIST, EmailAddress="a@example.com")
    again = await listed.refusal_v2("CreateContact", ContactListName=LIST, EmailAddress="A@example.com")
    assert again.code == "AlreadyExistsException"
    faults: list[dict[str, Any]] = [
        {"EmailAddress": "Ann <b@example.com>"},
        {"EmailAddress": "nobody"},
        {"TopicPreferences": [preference("unknown", "OPT_IN")]},
        {"TopicPreferences": [preference("sports", "OPT_IN"), preference("sports", "OPT_OUT")]},
        {"AttributesData": "x" * 70_000},
    ]
    for fault in faults:
        params = {"ContactListName": LIST, "EmailAddress": "b@example.com", **fault}
        assert (await listed.refusal_v2("CreateContact", **params)).code == "BadRequestException"


@pytest.fixture
async def people(listed: Client) -> Client:
    """in and out of ``sports``, none stated, and one who left the list altogether though it wanted sports."""
    for name, status, unsubscribed in (
        ("in", "OPT_IN", False),
        ("left", "OPT_IN", True),
        ("none", None, False),
        ("out", "OPT_OUT", False),
    ):
        await listed.v2(
            "CreateContact",
            ContactListName=LIST,
            EmailAddress=f"{name}@example.com",
            TopicPreferences=[preference("sports", status)] if status else [],
            UnsubscribeAll=unsubscribed,
        )
    return listed


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, "in left none out"),
        ({"FilteredStatus": "OPT_IN"}, "in none out"),
        ({"FilteredStatus": "OPT_OUT"}, "left"),
        ({"FilteredStatus": "OPT_IN", "TopicFilter": {"TopicName": "sports"}}, "in"),
        ({"FilteredStatus": "OPT_OUT", "TopicFilter": {"TopicName": "sports"}}, "left out"),
        (
            {
                "FilteredStatus": "OPT_OUT",
                "TopicFilter": {"TopicName": "sports", "UseDefaultIfPreferenceUnavailable": True},
            },
            "left none out",
        ),
        (
            {
                "FilteredStatus": "OPT_IN",
                "TopicFilter": {"TopicName": "weekly", "UseDefaultIfPreferenceUnavailable": True},
            },
            "in none out",
        ),
    ],
    ids=["all", "in", "out", "topic in", "topic out", "default out", "default in"],
)
async def test_contacts_are_filtered_by_what_they_want(
    people: Client, wanted: dict[str, Any], names: str
) -> None:
    found = await people.v2("ListContacts", ContactListName=LIST, Filter=wanted)
    assert [each["EmailAddress"].partition("@")[0] for each in found["Contacts"]] == names.split()


async def test_pages_of_contacts_continue_where_the_last_one_ended(people: Client) -> None:
    seen: list[str] = []
    more: dict[str, str] = {}
    while True:
        answer = await people.v2("ListContacts", ContactListName=LIST, PageSize=3, **more)
        seen += [each["EmailAddress"] for each in answer["Contacts"]]
        if "NextToken" not in answer:
            break
        more = {"NextToken": answer["NextToken"]}
    assert seen == [f"{name}@example.com" for name in ("in", "left", "none", "out")]


@pytest.mark.parametrize(
    "wanted",
    [
        {"FilteredStatus": "OPT_IN", "TopicFilter": {"TopicName": "no"}},
        {"TopicFilter": {"TopicName": "sports"}},
    ],
    ids=["unknown topic", "no status"],
)
async def test_a_filter_that_means_nothing_is_refused(people: Client, wanted: dict[str, Any]) -> None:
    refused = await people.refusal_v2("ListContacts", ContactListName=LIST, Filter=wanted)
    assert refused.code in {"NotFoundException", "BadRequestException"}
