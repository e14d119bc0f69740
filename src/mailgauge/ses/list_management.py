"""Subscription management of one message (sesv2/ListManagementOptions): its list and topic, its unsubscribe link. Pure.

The link goes into the header fields of one-click unsubscription (RFC 2369, RFC 8058) and in place of the first two
placeholders of the text parts.
"""

from dataclasses import dataclass, field

from mailgauge.mail.headers import first, prepend, split, without
from mailgauge.mail.text_parts import edit_text

HEADER = "X-SES-LIST-MANAGEMENT-OPTIONS"
PLACEHOLDER = b"{{amazonSESUnsubscribeUrl}}"
_MOST_PLACEHOLDERS = 2


@dataclass(frozen=True, slots=True)
class ListManagement:
    """The contact list a message belongs to, and maybe a topic of it."""

    contact_list: str
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Managed:
    """What the prepare stage is told of a message: its unsubscribe link, and who of its recipients has opted out."""

    url: str | None = None
    opted_out: list[str] = field(default_factory=list)


def parse_header(value: str) -> ListManagement | None:
    """``News; topic=weekly``. A value without a list's name means nothing."""
    name, *parameters = (each.strip() for each in value.split(";"))
    topic = None
    for parameter in parameters:
        key, _, given = parameter.partition("=")
        if key.strip().lower() == "topic":
            topic = given.strip() or None
    return ListManagement(name, topic) if name else None


def with_links(content: bytes, url: str) -> bytes:
    """The message with its unsubscribe links. One that its sender has signed is left alone: the signature would break."""
    if first(split(content).fields, "DKIM-Signature") is not None:
        return content
    left = _MOST_PLACEHOLDERS

    def fill(_: str, text: bytes) -> bytes:
        nonlocal left
        found = min(text.count(PLACEHOLDER), left)
        left -= found
        return text.replace(PLACEHOLDER, url.encode("ascii"), found) if found else text

    ours = [("List-Unsubscribe", f"<{url}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
    return prepend(without(edit_text(content, fill), [name for name, _ in ours]), ours)
