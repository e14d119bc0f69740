"""How the operations of SNS read or write, for the test of isolation."""

from typing import Any

from tests.server.room import HERE

Call = tuple[str, str, dict[str, Any]]

TOKEN = "ab" * 96
#: Of the topic that the test makes, with a listener and somebody who is still to confirm.
TOPIC = f"arn:aws:sns:{HERE.region}:{HERE.account}:topic"
LISTENER = f"{TOPIC}:{HERE.key}/topic"
OWNED = f"arn:aws:sns:{HERE.region}:{HERE.account}:owned"
#: Nobody's of those whom the test knows.
FRIEND = "444455556666"
_TOPIC = {"TopicArn": TOPIC}
_LABEL = {**_TOPIC, "Label": "friends"}

MAKE: list[Call] = [
    ("sns", "CreateTopic", {"Name": "owned", "Tags": [{"Key": "team", "Value": "owner"}]}),
    ("sns", "Subscribe", {**_TOPIC, "Protocol": "email", "Endpoint": "listener@example.net"}),
    ("sns", "Publish", {**_TOPIC, "Message": "Hello."}),
    ("sns", "PublishBatch", {**_TOPIC, "PublishBatchRequestEntries": [{"Id": "1", "Message": "Hello."}]}),
]

CHANGE: list[Call] = [
    ("sns", "SetTopicAttributes", {**_TOPIC, "AttributeName": "DisplayName", "AttributeValue": "Mine"}),
    ("sns", "AddPermission", {**_LABEL, "AWSAccountId": [FRIEND], "ActionName": ["Publish"]}),
    ("sns", "RemovePermission", _LABEL),
    ("sns", "TagResource", {"ResourceArn": OWNED, "Tags": [{"Key": "more", "Value": "x"}]}),
    ("sns", "UntagResource", {"ResourceArn": OWNED, "TagKeys": ["team"]}),
    ("sns", "ConfirmSubscription", {**_TOPIC, "Token": TOKEN}),
    (
        "sns",
        "SetSubscriptionAttributes",
        {"SubscriptionArn": LISTENER, "AttributeName": "RawMessageDelivery", "AttributeValue": "true"},
    ),
    ("sns", "Unsubscribe", {"SubscriptionArn": LISTENER}),
    ("sns", "DeleteTopic", {"TopicArn": OWNED}),
]

READS: list[Call] = [
    ("sns", "ListTopics", {}),
    ("sns", "GetTopicAttributes", _TOPIC),
    ("sns", "ListSubscriptions", {}),
    ("sns", "ListSubscriptionsByTopic", _TOPIC),
    ("sns", "GetSubscriptionAttributes", {"SubscriptionArn": LISTENER}),
    ("sns", "ListTagsForResource", {"ResourceArn": OWNED}),
]
