"""How every operation on contact lists and on suppression is called over the wire, and how it fails."""

from datetime import datetime
from typing import Any

from tests.server.wire import LOOKED_UP, Call, Fails, Operation, Table, Works

_TOPIC = {"TopicName": "news", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_OUT"}
_LIST: dict[str, Any] = {"ContactListName": "people"}
_CONTACT = {**_LIST, "EmailAddress": "ann@example.net"}
_MADE = Call("sesv2.CreateContactList", {**_LIST, "Topics": [_TOPIC]})
_ADDED = Call("sesv2.CreateContact", _CONTACT)
_MISSING = {"ContactListName": "missing"}
_NOBODY = {**_LIST, "EmailAddress": "nobody@example.net"}
_UNKNOWN_TOPIC = [{"TopicName": "unknown", "SubscriptionStatus": "OPT_IN"}]
_WANTS = [{"TopicName": "news", "SubscriptionStatus": "OPT_IN"}]
_SUPPRESSED = {"EmailAddress": "gone@example.net", "Reason": "BOUNCE"}
_PUT = Call("sesv2.PutSuppressedDestination", _SUPPRESSED)
_SET = {"ConfigurationSetName": "news"}
_MADE_SET = Call("sesv2.CreateConfigurationSet", _SET)

CONTACTS: Table = {
    "sesv2.CreateContactList": Operation(
        Works(
            {**_LIST, "Description": "Everybody", "Topics": [_TOPIC]},
            then=[
                (
                    Call("sesv2.GetContactList", _LIST),
                    {**_LIST, "Description": "Everybody", "Topics": [_TOPIC]},
                )
            ],
        ),
        AlreadyExistsException=Fails(_LIST, [_MADE]),
        LimitExceededException=Fails({"ContactListName": "second"}, [_MADE]),
        BadRequestException=Fails({**_LIST, "Topics": [_TOPIC, _TOPIC]}, text="Duplicate topic"),
    ),
    "sesv2.GetContactList": Operation(
        Works(_LIST, {**_LIST, "Topics": [_TOPIC], "CreatedTimestamp": datetime}, [_MADE]),
        NotFoundException=Fails(_MISSING),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.ListContactLists": Operation(
        Works(answer={"ContactLists": [_LIST]}, given=[_MADE]),
        BadRequestException=Fails({"NextToken": "not a token"}),
    ),
    "sesv2.UpdateContactList": Operation(
        Works(
            {**_LIST, "Description": "Others"},
            given=[_MADE],
            then=[(Call("sesv2.GetContactList", _LIST), {"Description": "Others", "Topics": []})],
        ),
        NotFoundException=Fails(_MISSING),
        BadRequestException=Fails({**_LIST, "Description": "x" * 501}, [_MADE]),
    ),
    "sesv2.DeleteContactList": Operation(
        Works(_LIST, given=[_MADE, _ADDED], then=[(Call("sesv2.ListContactLists"), {"ContactLists": []})]),
        NotFoundException=Fails(_MISSING),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.CreateContact": Operation(
        Works(
            {**_CONTACT, "TopicPreferences": _WANTS, "AttributesData": "{}"},
            given=[_MADE],
            then=[
                (
                    Call("sesv2.GetContact", _CONTACT),
                    {"TopicPreferences": _WANTS, "AttributesData": "{}", "UnsubscribeAll": False},
                )
            ],
        ),
        NotFoundException=Fails({**_CONTACT, **_MISSING}),
        AlreadyExistsException=Fails(_CONTACT, [_MADE, _ADDED]),
        BadRequestException=Fails({**_CONTACT, "TopicPreferences": _UNKNOWN_TOPIC}, [_MADE], "unknown"),
    ),
    "sesv2.GetContact": Operation(
        Works(
            _CONTACT,
            {
                **_CONTACT,
                "TopicDefaultPreferences": [{"TopicName": "news", "SubscriptionStatus": "OPT_OUT"}],
                "CreatedTimestamp": datetime,
            },
            [_MADE, _ADDED],
        ),
        NotFoundException=Fails(_NOBODY, [_MADE]),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.ListContacts": Operation(
        Works(_LIST, {"Contacts": [{"EmailAddress": "ann@example.net"}]}, [_MADE, _ADDED]),
        Works(
            {**_LIST, "Filter": {"FilteredStatus": "OPT_IN", "TopicFilter": {"TopicName": "news"}}},
            {"Contacts": []},
            [_MADE, _ADDED],
        ),
        NotFoundException=Fails(_MISSING),
        BadRequestException=Fails({**_LIST, "NextToken": "not a token"}, [_MADE]),
    ),
    "sesv2.UpdateContact": Operation(
        Works(
            {**_CONTACT, "UnsubscribeAll": True},
            given=[_MADE, _ADDED],
            then=[(Call("sesv2.GetContact", _CONTACT), {"UnsubscribeAll": True})],
        ),
        NotFoundException=Fails(_NOBODY, [_MADE]),
        BadRequestException=Fails({**_CONTACT, "TopicPreferences": _UNKNOWN_TOPIC}, [_MADE, _ADDED]),
    ),
    "sesv2.DeleteContact": Operation(
        Works(_CONTACT, given=[_MADE, _ADDED], then=[(Call("sesv2.ListContacts", _LIST), {"Contacts": []})]),
        NotFoundException=Fails(_NOBODY, [_MADE]),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.PutSuppressedDestination": Operation(
        Works(
            _SUPPRESSED,
            then=[
                (
                    Call("sesv2.GetSuppressedDestination", {"EmailAddress": "gone@example.net"}),
                    {"SuppressedDestination": {**_SUPPRESSED, "LastUpdateTime": datetime}},
                )
            ],
        ),
        BadRequestException=Fails(
            {**_SUPPRESSED, "EmailAddress": "no address"}, text="Invalid email address"
        ),
    ),
    "sesv2.GetSuppressedDestination": Operation(
        Works({"EmailAddress": "gone@example.net"}, {"SuppressedDestination": _SUPPRESSED}, [_PUT]),
        NotFoundException=Fails({"EmailAddress": "gone@example.net"}),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.DeleteSuppressedDestination": Operation(
        Works(
            {"EmailAddress": "gone@example.net"},
            given=[_PUT],
            then=[(Call("sesv2.ListSuppressedDestinations"), {"SuppressedDestinationSummaries": []})],
        ),
        NotFoundException=Fails({"EmailAddress": "gone@example.net"}),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.ListSuppressedDestinations": Operation(
        Works(answer={"SuppressedDestinationSummaries": [_SUPPRESSED]}, given=[_PUT]),
        Works({"Reasons": ["COMPLAINT"]}, {"SuppressedDestinationSummaries": []}, [_PUT]),
        BadRequestException=Fails({"Reasons": ["BOREDOM"]}),
        InvalidNextTokenException=Fails({"NextToken": "not a token"}),
    ),
    "sesv2.PutAccountSuppressionAttributes": Operation(
        Works(
            {"SuppressedReasons": ["COMPLAINT"]},
            then=[
                (Call("sesv2.GetAccount"), {"SuppressionAttributes": {"SuppressedReasons": ["COMPLAINT"]}})
            ],
        ),
        BadRequestException=Fails({"SuppressedReasons": ["BOREDOM"]}),
    ),
    "sesv2.PutConfigurationSetSuppressionOptions": Operation(
        Works(
            {**_SET, "SuppressedReasons": ["BOUNCE"]},
            given=[_MADE_SET],
            then=[
                (
                    Call("sesv2.GetConfigurationSet", _SET),
                    {"SuppressionOptions": {"SuppressedReasons": ["BOUNCE"]}},
                )
            ],
        ),
        NotFoundException=Fails(_SET),
        BadRequestException=Fails({**_SET, "SuppressedReasons": ["BOREDOM"]}, [_MADE_SET]),
    ),
}
