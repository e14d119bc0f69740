"""How every operation of SNS is called over the wire, and how it fails."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from tests.server.wire import Call, Fails, Operation, Table, Works, World

_TOPIC = "arn:aws:sns:us-east-1:(account):news"
_NEWS = {"TopicArn": _TOPIC}
_QUEUE = "arn:aws:sqs:us-east-1:(account):readers"
_MADE = Call("sns.CreateTopic", {"Name": "news"})
_LISTENS = {**_NEWS, "Protocol": "sqs", "Endpoint": _QUEUE}
_SUBSCRIBED = Call("sns.Subscribe", _LISTENS)
_SOMEBODYS = "arn:aws:sns:us-east-1:999999999999:news"
_NOT_OURS = {"TopicArn": _SOMEBODYS}
_NO_ARN = {"TopicArn": "news"}
_ATTRIBUTES = Call("sns.GetTopicAttributes", _NEWS)
_READER = "(subscription)"
_MISSING = f"{_TOPIC}:00000000-0000-0000-0000-000000000000"
_THEIRS = "(theirs)"
_PROTOCOL = {"Protocol": "sqs", "Endpoint": _QUEUE}
_LABELLED: dict[str, Any] = {"Label": "friend", "AWSAccountId": ["999999999999"], "ActionName": ["Publish"]}
_TAG = {"Key": "team", "Value": "shop"}
_TAGGED = {"ResourceArn": _TOPIC}
_TAGS = Call("sns.ListTagsForResource", _TAGGED)
_HELLO = {"Message": "Hello."}
_MANY_TAGS = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
_NO_PAGE = {"NextToken": "not a token"}
_ONES_OWN = "Everybody may do this in their own account, and it is about no other."
_NO_BARE = "A topic of that name need not be there: nothing of it is looked up but the token."


def _known(name: str, sql: str) -> Callable[[World], None]:
    """Looks up what only the service knows."""

    def know(world: World) -> None:
        with closing(sqlite3.connect(world.data / "mail.db", timeout=30)) as database:
            [(value,)] = database.execute(sql, (world.scope.key,)).fetchall()
        world.known[name] = value

    return know


_SUBSCRIPTION = _known(
    "subscription",
    "SELECT 'arn:aws:sns:us-east-1:' || substr(scope, 1, 12) || ':' || topic || ':' || uid FROM topic_subscription"
    " WHERE scope = ?",
)
_TOKEN = _known("secret", "SELECT token FROM topic_subscription WHERE scope = ?")


def _somebodys(world: World) -> None:
    """A subscription of another account, which lets nobody in."""
    with closing(sqlite3.connect(world.data / "mail.db", timeout=30)) as database, database:
        scope, uid = "999999999999/us-east-1", f"uid-{world.account}"
        database.execute(
            "INSERT INTO topic (scope, name, settings, tags) VALUES (?, 'news', '{}', '[]') ON CONFLICT DO NOTHING",
            (scope,),
        )
        database.execute("UPDATE topic_head SET next = next + 1")
        database.execute(
            "INSERT INTO topic_subscription (id, uid, scope, topic, owner, protocol, endpoint, state, settings, token,"
            " token_expires) SELECT next - 1, ?, ?, 'news', ?, 'sqs', ?, 1, '{}', '', 0 FROM topic_head",
            (uid, scope, scope, uid),
        )
    world.known["theirs"] = f"{_SOMEBODYS}:{uid}"


def _shown(**attributes: Any) -> tuple[Call, Any]:
    return _ATTRIBUTES, {"Attributes": attributes}


def _of_topic(parameters: dict[str, Any]) -> dict[str, Fails | str]:
    """What meets every operation on one topic."""
    return {
        "InvalidParameterException": Fails({**_NO_ARN, **parameters}, text="at least 6 elements"),
        "NotFoundException": Fails({**_NEWS, **parameters}, text="Topic does not exist"),
        "AuthorizationErrorException": Fails({**_NOT_OURS, **parameters}, text="no resource-based policy"),
    }


_TOPICS: Table = {
    "sns.CreateTopic": Operation(
        Works(
            {"Name": "news", "Attributes": {"DisplayName": "News"}, "Tags": [_TAG]},
            _NEWS,
            then=[_shown(DisplayName="News", SubscriptionsConfirmed="0"), (_TAGS, {"Tags": [_TAG]})],
        ),
        Works({"Name": "news"}, _NEWS, [_MADE]),
        Works(
            {"Name": "news.fifo", "Attributes": {"FifoTopic": "true"}},
            {"TopicArn": "arn:aws:sns:us-east-1:(account):news.fifo"},
        ),
        InvalidParameterException=Fails({"Name": "no name"}, text="Invalid parameter: Topic Name"),
        TopicLimitExceededException="A hundred thousand topics are more than a test makes.",
        TagLimitExceededException=Fails({"Name": "news", "Tags": _MANY_TAGS}, text="tag quota"),
        AuthorizationErrorException=_ONES_OWN,
    ),
    "sns.DeleteTopic": Operation(
        Works(_NEWS, given=[_MADE], then=[(Call("sns.ListTopics"), {"Topics": []})]),
        Works(_NEWS),
        InvalidParameterException=Fails(_NO_ARN),
        InvalidStateException="A topic can be deleted whatever it is in.",
        AuthorizationErrorException=Fails(_NOT_OURS),
        NotFoundException="Deleting a topic that is not there is no error.",
    ),
    "sns.ListTopics": Operation(
        Works({}, {"Topics": [_NEWS]}, [_MADE]),
        InvalidParameterException=Fails(_NO_PAGE),
        AuthorizationErrorException=_ONES_OWN,
    ),
    "sns.GetTopicAttributes": Operation(
        Works(_NEWS, {"Attributes": {**_NEWS, "Owner": "(account)", "DisplayName": ""}}, [_MADE]),
        **_of_topic({}),
    ),
    "sns.SetTopicAttributes": Operation(
        Works(
            {**_NEWS, "AttributeName": "DisplayName", "AttributeValue": "News"},
            given=[_MADE],
            then=[_shown(DisplayName="News")],
        ),
        **_of_topic({"AttributeName": "DisplayName", "AttributeValue": "News"}),
    ),
    "sns.AddPermission": Operation(
        Works({**_NEWS, **_LABELLED}, given=[_MADE], then=[_shown(Policy=lambda text: "friend" in text)]),
        **_of_topic(_LABELLED),
    ),
    "sns.RemovePermission": Operation(
        Works(
            {**_NEWS, "Label": "friend"},
            given=[_MADE, Call("sns.AddPermission", {**_NEWS, **_LABELLED})],
            then=[_shown(Policy=lambda text: "friend" not in text)],
        ),
        **_of_topic({"Label": "friend"}),
    ),
}

_PUBLISHING: Table = {
    "sns.Publish": Operation(
        Works({**_NEWS, **_HELLO}, {"MessageId": str}, [_MADE, _SUBSCRIBED]),
        Works({"TargetArn": _TOPIC, **_HELLO, "Subject": "News"}, {"MessageId": str}, [_MADE]),
        InvalidParameterValueException=Fails(
            {
                **_NEWS,
                **_HELLO,
                "MessageAttributes": {"colour": {"DataType": "Colour", "StringValue": "red"}},
            },
            [_MADE],
            "supported type prefixes",
        ),
        **_of_topic(_HELLO),
    ),
    "sns.PublishBatch": Operation(
        Works(
            {
                **_NEWS,
                "PublishBatchRequestEntries": [
                    {"Id": "good", **_HELLO},
                    {"Id": "bad", **_HELLO, "Subject": "two\nlines"},
                ],
            },
            {
                "Successful": [{"Id": "good", "MessageId": str}],
                "Failed": [{"Id": "bad", "Code": "InvalidParameter", "SenderFault": True}],
            },
            [_MADE],
        ),
        InvalidParameterValueException=Fails(
            {
                **_NEWS,
                "PublishBatchRequestEntries": [
                    {
                        "Id": "1",
                        **_HELLO,
                        "MessageAttributes": {".": {"DataType": "String", "StringValue": "x"}},
                    }
                ],
            },
            [_MADE],
        ),
        BatchEntryIdsNotDistinctException=Fails(
            {**_NEWS, "PublishBatchRequestEntries": [{"Id": "1", **_HELLO}] * 2}, [_MADE]
        ),
        BatchRequestTooLongException=Fails(
            {
                **_NEWS,
                "PublishBatchRequestEntries": [
                    {"Id": str(each), "Message": "x" * 140_000} for each in range(2)
                ],
            },
            [_MADE],
        ),
        EmptyBatchRequestException=Fails({**_NEWS, "PublishBatchRequestEntries": []}, [_MADE]),
        InvalidBatchEntryIdException=Fails(
            {**_NEWS, "PublishBatchRequestEntries": [{"Id": "no id", **_HELLO}]}, [_MADE]
        ),
        TooManyEntriesInBatchRequestException=Fails(
            {**_NEWS, "PublishBatchRequestEntries": [{"Id": str(each), **_HELLO} for each in range(11)]},
            [_MADE],
        ),
        **_of_topic({"PublishBatchRequestEntries": [{"Id": "1", **_HELLO}]}),
    ),
}

_SUBSCRIPTIONS: Table = {
    "sns.Subscribe": Operation(
        Works(
            _LISTENS,
            {"SubscriptionArn": lambda arn: arn.startswith("arn:aws:sns:")},
            [_MADE],
            then=[_shown(SubscriptionsConfirmed="1", SubscriptionsPending="0")],
        ),
        Works(
            {**_NEWS, "Protocol": "https", "Endpoint": "https://listener.invalid/"},
            {"SubscriptionArn": "pending confirmation"},
            [_MADE],
            then=[_shown(SubscriptionsConfirmed="0", SubscriptionsPending="1")],
        ),
        **_of_topic(_PROTOCOL),
    ),
    "sns.ConfirmSubscription": Operation(
        Works(
            {**_NEWS, "Token": "(secret)"},
            {"SubscriptionArn": lambda arn: arn.startswith("arn:aws:sns:")},
            [
                _MADE,
                Call(
                    "sns.Subscribe", {**_NEWS, "Protocol": "https", "Endpoint": "https://listener.invalid/"}
                ),
                _TOKEN,
            ],
            then=[_shown(SubscriptionsConfirmed="1", SubscriptionsPending="0")],
        ),
        InvalidParameterException=Fails({**_NEWS, "Token": "guessed"}, [_MADE], "Invalid token"),
        NotFoundException=_NO_BARE,
        AuthorizationErrorException="Whoever has the token may confirm.",
    ),
    "sns.Unsubscribe": Operation(
        Works(
            {"SubscriptionArn": _READER},
            given=[_MADE, _SUBSCRIBED, _SUBSCRIPTION],
            then=[_shown(SubscriptionsConfirmed="0", SubscriptionsDeleted="1")],
        ),
        InvalidParameterException=Fails(
            {"SubscriptionArn": "PendingConfirmation"}, text="at least 6 elements"
        ),
        AuthorizationErrorException=Fails({"SubscriptionArn": _THEIRS}, [_somebodys]),
        NotFoundException="Ending a subscription that is not there is no error.",
    ),
    "sns.ListSubscriptions": Operation(
        Works({}, {"Subscriptions": [{**_LISTENS, "Owner": "(account)"}]}, [_MADE, _SUBSCRIBED]),
        InvalidParameterException=Fails(_NO_PAGE),
        AuthorizationErrorException=_ONES_OWN,
    ),
    "sns.ListSubscriptionsByTopic": Operation(
        Works(_NEWS, {"Subscriptions": [_LISTENS]}, [_MADE, _SUBSCRIBED]),
        **_of_topic({}),
    ),
    "sns.GetSubscriptionAttributes": Operation(
        Works(
            {"SubscriptionArn": _READER},
            {
                "Attributes": {
                    "Protocol": "sqs",
                    "RawMessageDelivery": "false",
                    "PendingConfirmation": "false",
                }
            },
            [_MADE, _SUBSCRIBED, _SUBSCRIPTION],
        ),
        InvalidParameterException=Fails({"SubscriptionArn": "none"}),
        NotFoundException=Fails({"SubscriptionArn": _MISSING}, [_MADE], "Subscription does not exist"),
        AuthorizationErrorException=Fails({"SubscriptionArn": _THEIRS}, [_somebodys]),
    ),
    "sns.SetSubscriptionAttributes": Operation(
        Works(
            {
                "SubscriptionArn": _READER,
                "AttributeName": "FilterPolicy",
                "AttributeValue": '{"colour":["red"]}',
            },
            given=[_MADE, _SUBSCRIBED, _SUBSCRIPTION],
            then=[
                (
                    Call("sns.GetSubscriptionAttributes", {"SubscriptionArn": _READER}),
                    {
                        "Attributes": {
                            "FilterPolicy": '{"colour":["red"]}',
                            "FilterPolicyScope": "MessageAttributes",
                        }
                    },
                )
            ],
        ),
        InvalidParameterException=Fails(
            {"SubscriptionArn": _READER, "AttributeName": "FilterPolicy", "AttributeValue": '{"colour":[]}'},
            [_MADE, _SUBSCRIBED, _SUBSCRIPTION],
            "FilterPolicy",
        ),
        NotFoundException=Fails(
            {"SubscriptionArn": _MISSING, "AttributeName": "RawMessageDelivery"}, [_MADE]
        ),
        AuthorizationErrorException=Fails(
            {"SubscriptionArn": _THEIRS, "AttributeName": "RawMessageDelivery"}, [_somebodys]
        ),
    ),
}

_UNSEEN = "Another account's topic is not found."
_OF_TAGS: dict[str, Fails | str] = {
    "AuthorizationErrorException": _UNSEEN,
}


def _tagged(parameters: dict[str, Any]) -> dict[str, Fails | str]:
    return {
        "InvalidParameterException": Fails({"ResourceArn": "news", **parameters}),
        "ResourceNotFoundException": Fails({**_TAGGED, **parameters}, text="Resource does not exist"),
        **_OF_TAGS,
    }


_TAGGING: Table = {
    "sns.TagResource": Operation(
        Works({**_TAGGED, "Tags": [_TAG]}, given=[_MADE], then=[(_TAGS, {"Tags": [_TAG]})]),
        TagLimitExceededException=Fails({**_TAGGED, "Tags": _MANY_TAGS}, [_MADE]),
        **_tagged({"Tags": [_TAG]}),
    ),
    "sns.UntagResource": Operation(
        Works(
            {**_TAGGED, "TagKeys": ["team"]},
            given=[Call("sns.CreateTopic", {"Name": "news", "Tags": [_TAG]})],
            then=[(_TAGS, {"Tags": []})],
        ),
        TagLimitExceededException="There are fewer tags afterwards.",
        **_tagged({"TagKeys": ["team"]}),
    ),
    "sns.ListTagsForResource": Operation(
        Works(_TAGGED, {"Tags": []}, [_MADE]),
        **_tagged({}),
    ),
}

SNS: Table = {**_TOPICS, **_PUBLISHING, **_SUBSCRIPTIONS, **_TAGGING}
