"""What a message may be: its body, its attributes, its delay (sqs/SendMessage). Pure."""

import re
from collections.abc import Iterable
from typing import Final

from mailgauge.sqs.errors import InvalidContentsError, InvalidValueError, MissingError
from mailgauge.sqs.message import Attribute, Draft
from mailgauge.sqs.queue import Queue

MOST_ATTRIBUTES: Final = 10
# Everything but the ranges that the API reference lists.
_UNFIT = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Letters of any alphabet, as recorded.
_NAME = re.compile(r"[\w.-]{1,256}")
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")


def check(draft: Draft, queue: Queue) -> None:
    """Raises what is wrong with a message that is to be put into a queue."""
    if not draft.body:
        raise MissingError("MessageBody")
    if _UNFIT.search(draft.body):
        raise InvalidContentsError
    check_attributes(draft.facts.attributes)
    most = int(queue.value("MaximumMessageSize"))
    if draft.size > most:
        raise InvalidValueError(
            f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        )
    if draft.delay is not None and not 0 <= draft.delay <= 900:
        raise invalid("DelaySeconds", draft.delay, "DelaySeconds must be >= 0 and <= 900.")
    check_order(draft, queue)


def check_attributes(attributes: Iterable[Attribute]) -> None:
    found = list(attributes)
    if len(found) > MOST_ATTRIBUTES:
        raise InvalidValueError(
            f"Number of message attributes [{len(found)}] exceeds the allowed maximum [{MOST_ATTRIBUTES}]."
        )
    for each in found:
        _check_attribute(each)


def invalid(parameter: str, value: object, reason: str) -> InvalidValueError:
    """In the form that SQS tells of a single parameter."""
    return InvalidValueError(f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")


def _check_attribute(attribute: Attribute) -> None:
    name, lowered = attribute.name, attribute.name.lower()
    if not _NAME.fullmatch(name) or name[0] == "." or name[-1] == "." or ".." in name:
        raise InvalidValueError(
            f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen"
            " (-), and period (.) characters."
        )
    if lowered.startswith(("aws.", "amazon.")):
        raise InvalidValueError(
            f"The message attribute name '{name}' is invalid. Message attribute name can not start with AWS. or Amazon."
        )
    if not attribute.type:
        raise InvalidValueError(
            f"The message attribute '{name}' must contain non-empty message attribute type."
        )
    kind = _TYPE.fullmatch(attribute.type)
    if kind is None or len(attribute.type) > 256:
        raise InvalidValueError(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is"
            " Binary, Number, and String."
        )
    if not attribute.value:
        transport = "Binary" if attribute.is_binary else "String"
        raise InvalidValueError(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{transport}'."
        )
    if not attribute.is_binary:
        _check_text(attribute, is_number=kind[1] == "Number")


def _check_text(attribute: Attribute, *, is_number: bool) -> None:
    if (unfit := _UNFIT.search(attribute.text)) is not None:
        raise InvalidValueError(
            f"Invalid binary character '#x{ord(unfit[0]):X}' was found in the message attribute '{attribute.name}' value, the"
            " set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
        )
    if is_number:
        try:
            float(attribute.text)
        except ValueError:
            raise InvalidValueError(
                f"Can't cast the value of message (user) attribute '{attribute.name}' to a number."
            ) from None


def check_order(draft: Draft, queue: Queue) -> None:
    """Of FIFO queues: groups and deduplication."""
    group, once = draft.facts.group, draft.facts.deduplication_id
    for parameter, value in (("MessageGroupId", group), ("MessageDeduplicationId", once)):
        if value is not None and not _ID.fullmatch(value):
            raise invalid(
                parameter,
                value,
                f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
            )
    if not queue.is_fifo:
        if once is not None:
            raise _not_of_this_type("MessageDeduplicationId", once)
        return
    if draft.delay:
        raise _not_of_this_type("DelaySeconds", draft.delay)
    if group is None:
        raise MissingError("MessageGroupId")
    if once is None and queue.value("ContentBasedDeduplication") != "true":
        raise InvalidValueError(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
        )


def _not_of_this_type(parameter: str, value: object) -> InvalidValueError:
    return invalid(parameter, value, "The request include parameter that is not valid for this queue type.")
