"""What may be published (``sns/Publish``): subject, structure, attributes and size. Pure."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from mailgauge.sns.errors import InvalidAttributeError, invalid
from mailgauge.sns.message import Attribute, Message

MOST_BYTES: Final = 262_144
_SUBJECT = re.compile(r"[!-~][ -~]{0,99}")
_KINDS: Final = ("String", "Number", "Binary")
_KIND = re.compile(r"(String|Number|Binary)(\..+)?")
_NAME_CHARACTER = re.compile(r"[A-Za-z0-9_.-]")
_TOKEN = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class Given:
    """An attribute as the caller gave it."""

    name: str
    data_type: str
    text: str | None = None
    binary: bytes | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as the caller gave it."""

    body: str
    subject: str | None = None
    structure: str | None = None
    attributes: tuple[Given, ...] = ()
    group: str | None = None
    deduplication: str | None = None


def message(draft: Draft) -> Message:
    """Raises InvalidParameterError, InvalidAttributeError."""
    check_body(draft)
    attributes = checked_attributes(draft.attributes)
    if size(draft) > MOST_BYTES:
        raise invalid("Message too long")
    by_protocol = texts_by_protocol(draft)
    return Message(
        body=draft.body if by_protocol is None else by_protocol["default"],
        subject=draft.subject,
        attributes=attributes,
        by_protocol=by_protocol,
        group=draft.group,
        deduplication=draft.deduplication,
    )


def check_body(draft: Draft) -> None:
    """What counts against one entry of a batch."""
    if not draft.body:
        raise invalid("Empty message")
    if draft.subject is not None and not _SUBJECT.fullmatch(draft.subject):
        raise invalid("Subject")


def size(draft: Draft) -> int:
    """Bytes that count against the limit."""
    return _length(draft.body) + sum(
        _length(each.name) + _length(each.data_type) + _length(each.text or "") + len(each.binary or b"")
        for each in draft.attributes
    )


def texts_by_protocol(draft: Draft) -> dict[str, str] | None:
    """The texts of ``MessageStructure=json``. Raises InvalidParameterError."""
    if draft.structure is None:
        return None
    if draft.structure != "json":
        raise invalid("MessageStructure")
    try:
        found = msgspec.json.decode(draft.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise invalid("Message Structure - JSON message body failed to parse") from None
    if not isinstance(found, dict) or not isinstance(found.get("default"), str):
        raise invalid("Message Structure - No default entry in JSON message body")
    return {name: text for name, text in found.items() if isinstance(text, str)}


def checked_attributes(given: Iterable[Given]) -> tuple[Attribute, ...]:
    """Raises InvalidAttributeError."""
    return tuple(_attribute(each) for each in given)


def check_token(name: str, value: str) -> None:
    """A message group or a deduplication id."""
    if not _TOKEN.fullmatch(value):
        raise invalid(
            f"The {name} parameter can only include alphanumeric and punctuation characters. 1 to 128 in length"
        )


def _attribute(given: Given) -> Attribute:
    _check_name(given.name)
    kind = _KIND.fullmatch(given.data_type)
    if kind is None:
        raise InvalidAttributeError(
            f"The message attribute '{given.name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    field, value, other = (
        ("Binary", given.binary, given.text) if kind[1] == "Binary" else ("String", given.text, given.binary)
    )
    if value is None and other is not None:
        raise InvalidAttributeError(
            f"The message attribute '{given.name}' with type '{given.data_type}' must use field '{field}'."
        )
    if not value:
        raise InvalidAttributeError(
            f"The message attribute '{given.name}' must contain non-empty message attribute value for message attribute "
            f"type '{given.data_type}'."
        )
    if kind[1] == "Number" and not _is_number(str(value)):
        raise InvalidAttributeError(f"Could not cast message attribute '{given.name}' value to number.")
    text = base64.b64encode(value).decode() if isinstance(value, bytes) else value
    return Attribute(given.name, given.data_type, text)


def _check_name(name: str) -> None:
    if not 0 < _length(name) <= 256:
        raise InvalidAttributeError("Length of message attribute name must be less than 256 bytes.")
    if strange := next((each for each in name if not _NAME_CHARACTER.match(each)), None):
        raise InvalidAttributeError(
            f"Invalid non-alphanumeric character '#x{ord(strange):X}' was found in the message attribute name. Can only "
            "include alphanumeric characters, hyphens, underscores, or dots."
        )
    if name.startswith("."):
        raise InvalidAttributeError("Invalid message attribute name starting with character '.' was found.")
    if name.endswith("."):
        raise InvalidAttributeError("Invalid message attribute name ending with character '.' was found.")
    if ".." in name:
        raise InvalidAttributeError("Message attribute name can not have successive '.' character.")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text) is not None


def _length(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
