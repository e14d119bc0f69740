"""What the service model of SQS no longer describes: the query protocol (version 2012-11-05) and the codes of errors. Pure.

It leaves out names, too: ReceiveMessage takes those of a message's own attributes in AttributeNames. So the handlers judge.
botocore's model is that of the JSON protocol alone. Older SDKs speak the other, with names of its own for members, and
clients of both know errors by its codes. All is kept as the API reference and older releases of the SDKs have it.
"""

from collections.abc import Mapping
from typing import Any, Final

_NAMESPACE: Final = "http://queue.amazonaws.com/doc/2012-11-05/"
_PREFIX: Final = "AWS.SimpleQueueService."

# Lists and maps by the names of their members, which stand in a form as NAME.1, NAME.2 and so on.
_FLATTENED: Final = {
    "AWSAccountIds": "AWSAccountId",
    "Actions": "ActionName",
    "AttributeNames": "AttributeName",
    "Attributes": "Attribute",
    "MessageAttributeNames": "MessageAttributeName",
    "MessageAttributes": "MessageAttribute",
    "MessageSystemAttributeNames": "MessageSystemAttributeName",
    "MessageSystemAttributes": "MessageSystemAttribute",
    "Messages": "Message",
    "QueueUrls": "QueueUrl",
    "TagKeys": "TagKey",
    "Tags": "Tag",
    "queueUrls": "QueueUrl",
    "tags": "Tag",
}
# Those of batches are called after their types.
_BATCHES: Final = ("Entries", "Successful", "Failed")
# What differs from the shape's own name, 400 and a fault of the sender.
_ERRORS: Final[Mapping[str, tuple[str, int]]] = {
    "BatchEntryIdsNotDistinct": (f"{_PREFIX}BatchEntryIdsNotDistinct", 400),
    "BatchRequestTooLong": (f"{_PREFIX}BatchRequestTooLong", 400),
    "EmptyBatchRequest": (f"{_PREFIX}EmptyBatchRequest", 400),
    "InvalidAddress": ("InvalidAddress", 404),
    "InvalidBatchEntryId": (f"{_PREFIX}InvalidBatchEntryId", 400),
    "InvalidIdFormat": ("InvalidIdFormat", 404),
    "InvalidSecurity": ("InvalidSecurity", 403),
    "MessageNotInflight": (f"{_PREFIX}MessageNotInflight", 400),
    "OverLimit": ("OverLimit", 403),
    "PurgeQueueInProgress": (f"{_PREFIX}PurgeQueueInProgress", 403),
    "QueueDeletedRecently": (f"{_PREFIX}QueueDeletedRecently", 400),
    "QueueDoesNotExist": (f"{_PREFIX}NonExistentQueue", 400),
    "QueueNameExists": ("QueueAlreadyExists", 400),
    "ReceiptHandleIsInvalid": ("ReceiptHandleIsInvalid", 404),
    "RequestThrottled": ("RequestThrottled", 403),
    "ResourceNotFoundException": ("ResourceNotFoundException", 404),
    "TooManyEntriesInBatchRequest": (f"{_PREFIX}TooManyEntriesInBatchRequest", 400),
    "UnsupportedOperation": (f"{_PREFIX}UnsupportedOperation", 400),
}
_NAMES_OF_ATTRIBUTES: Final = (
    "QueueAttributeName",
    "MessageSystemAttributeName",
    "MessageSystemAttributeNameForSends",
)
# What the service answers with and its model leaves out (recorded): JSON has the name, the query protocol the code.
_UNMODELLED: Final = {
    "InvalidParameterValueException": "InvalidParameterValue",
    "MissingRequiredParameterException": "MissingParameter",
}


def with_errors(description: Mapping[str, Any]) -> dict[str, Any]:
    """The description of the service with its errors' codes, and with any name of an attribute."""
    shapes = {name: _with_error(name, shape) for name, shape in description["shapes"].items()}
    for name in _NAMES_OF_ATTRIBUTES:
        shapes[name] = {trait: each for trait, each in shapes[name].items() if trait != "enum"}
    for name, code in _UNMODELLED.items():
        members = {"message": {"shape": "ExceptionMessage"}}
        shapes[name] = {
            "type": "structure",
            "members": members,
            "exception": True,
            "error": _error(code, 400),
        }
    metadata = {**description["metadata"], "errorNamespace": "com.amazonaws.sqs"}
    return {**description, "metadata": metadata, "shapes": shapes}


def for_query(description: Mapping[str, Any]) -> dict[str, Any]:
    """The description of the query protocol. ``resourceMember`` is what a path of account and name stands for."""
    known = with_errors(description)
    metadata = {
        **known["metadata"],
        "protocol": "query",
        "protocols": ["query"],
        "xmlNamespace": _NAMESPACE,
        "resourceMember": "QueueUrl",
    }
    shapes = {name: _named(name, shape) for name, shape in known["shapes"].items()}
    operations = {name: _operation(name, each) for name, each in known["operations"].items()}
    return {**known, "metadata": metadata, "shapes": shapes, "operations": operations}


def _operation(name: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    if "output" not in operation:
        return dict(operation)
    return {**operation, "output": {**operation["output"], "resultWrapper": f"{name}Result"}}


def _with_error(name: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    return (
        {**shape, "error": _error(*_ERRORS.get(name, (name, 400)))} if shape.get("exception") else dict(shape)
    )


def _named(name: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    if shape["type"] == "map":
        names = ("Key", "Value") if name == "TagMap" else ("Name", "Value")
        return {**shape, "key": _called(shape["key"], names[0]), "value": _called(shape["value"], names[1])}
    if shape["type"] == "structure":
        return {
            **shape,
            "members": {each: _member(each, member) for each, member in shape["members"].items()},
        }
    return dict(shape)


def _member(name: str, member: Mapping[str, Any]) -> dict[str, Any]:
    if name in _BATCHES:
        return _called(member, member["shape"].removesuffix("List"))
    return _called(member, _FLATTENED[name]) if name in _FLATTENED else dict(member)


def _called(member: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**member, "locationName": name}


def _error(code: str, status: int) -> dict[str, Any]:
    return {"code": code, "httpStatusCode": status, "senderFault": True}
