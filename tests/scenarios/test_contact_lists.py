"""Contact lists and contacts with an unmodified boto3 client: every operation, and every error that can occur."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.service import Service, running

LIST = "News"
TOPIC = {"TopicName": "weekly", "DisplayName": "Weekly", "DefaultSubscriptionStatus": "OPT_IN"}
ADDRESSES = ["a+label@example.net", "b/c@example.net", "plain@example.net"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("contacts") / "data") as started:
        yield started


@pytest.fixture
def ses(shared: Service, request: pytest.FixtureRequest) -> Any:
    """A client in an account of the test's own."""
    number = sum(request.node.name.encode())
    client = shared.client("sesv2", region=f"us-east-{number}")
    client.create_contact_list(ContactListName=LIST, Topics=[TOPIC], Tags=[{"Key": "a", "Value": "b"}])
    return client


def test_a_list_is_made_shown_changed_and_removed(ses: Any) -> None:
    found = ses.get_contact_list(ContactListName=LIST)
    assert (found["Topics"], found["Tags"]) == ([TOPIC], [{"Key": "a", "Value": "b"}])
    assert found["CreatedTimestamp"] == found["LastUpdatedTimestamp"]
    ses.update_contact_list(ContactListName=LIST, Description="Changed", Topics=[])
    changed = ses.get_contact_list(ContactListName=LIST)
    assert (changed["Description"], changed["Topics"]) == ("Changed", [])
    assert [each["ContactListName"] for each in ses.list_contact_lists()["ContactLists"]] == [LIST]
    ses.delete_contact_list(ContactListName=LIST)
    assert ses.list_contact_lists()["ContactLists"] == []


def test_contacts_are_added_shown_listed_changed_and_removed(ses: Any) -> None:
    for address in ADDRESSES:
        ses.create_contact(
            ContactListName=LIST,
            EmailAddress=address,
            TopicPreferences=[{"TopicName": "weekly", "SubscriptionStatus": "OPT_OUT"}],
            AttributesData="{}",
        )
        found = ses.get_contact(ContactListName=LIST, EmailAddress=address)
        assert (found["EmailAddress"], found["AttributesData"]) == (address, "{}")
    wanted = {"FilteredStatus": "OPT_OUT", "TopicFilter": {"TopicName": "weekly"}}
    first = ses.list_contacts(ContactListName=LIST, PageSize=2, Filter=wanted)
    second = ses.list_contacts(ContactListName=LIST, PageSize=2, Filter=wanted, NextToken=first["NextToken"])
    listed = [each["EmailAddress"] for page in (first, second) for each in page["Contacts"]]
    assert listed == ADDRESSES
    ses.update_contact(ContactListName=LIST, EmailAddress=ADDRESSES[0], UnsubscribeAll=True)
    changed = ses.get_contact(ContactListName=LIST, EmailAddress=ADDRESSES[0])
    assert (changed["UnsubscribeAll"], changed["TopicPreferences"]) == (True, [])
    for address in ADDRESSES:
        ses.delete_contact(ContactListName=LIST, EmailAddress=address)
    assert ses.list_contacts(ContactListName=LIST)["Contacts"] == []


def test_refusals_are_the_exceptions_of_the_model(ses: Any) -> None:
    ses.create_contact(ContactListName=LIST, EmailAddress="a@example.net")
    contact = {"ContactListName": LIST, "EmailAddress": "no@example.net"}
    unknown = {"ContactListName": "Unknown"}
    refusals: list[tuple[str, str, dict[str, Any]]] = [
        ("AlreadyExistsException", "create_contact_list", {"ContactListName": LIST}),
        ("LimitExceededException", "create_contact_list", unknown),
        ("BadRequestException", "create_contact_list", {"ContactListName": "not legal"}),
        ("BadRequestException", "update_contact_list", {"ContactListName": LIST, "Topics": [TOPIC, TOPIC]}),
        ("BadRequestException", "list_contact_lists", {"NextToken": "none of ours"}),
        ("BadRequestException", "list_contacts", {"ContactListName": LIST, "NextToken": "none of ours"}),
        ("BadRequestException", "create_contact", {"ContactListName": LIST, "EmailAddress": "nobody"}),
        (
            "AlreadyExistsException",
            "create_contact",
            {"ContactListName": LIST, "EmailAddress": "a@example.net"},
        ),
    ]
    refusals += [
        ("NotFoundException", operation, unknown)
        for operation in ("get_contact_list", "update_contact_list", "delete_contact_list", "list_contacts")
    ]
    refusals += [
        ("NotFoundException", operation, {**contact, **of})
        for operation in ("get_contact", "update_contact", "delete_contact")
        for of in ({}, unknown)
    ]
    for exception, operation, parameters in refusals:
        with pytest.raises(getattr(ses.exceptions, exception)):
            getattr(ses, operation)(**parameters)
