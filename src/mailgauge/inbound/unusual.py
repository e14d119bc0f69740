"""Bounces in no standard form: what qmail, old Exim, Exchange, Yahoo and others write for people, read by ``flufl.bounce``.

Its patterns go over every line, so it gets little text and short lines. A letter that quotes an address looks much like a
bounce: only mail that says it comes from a mail system is read. What it can't make sense of may still be a bounce, of
nobody knows whom.
"""

import logging
import re
from dataclasses import dataclass
from email import message_from_bytes

from mailgauge.mail.address import decode_words
from mailgauge.mail.bounce_class import (
    PERMANENT_GENERAL,
    UNDETERMINED,
    BounceClass,
    bounce_class,
)
from mailgauge.mail.content_fields import BoundedMessage
from mailgauge.mail.headers import first, split
from mailgauge.mail.status import Reply, find_status

log = logging.getLogger(__name__)

_MOST_BYTES = 16 * 1024
# Some patterns take time that grows with the square of a line's length.
_MOST_IN_LINE = 300
_MOST_MULTIPARTS = 20
# How far behind an address its failure is told of.
_NEAR = 600

_MAIL_SYSTEM = re.compile(
    r"mailer[-_. ]?daemon|post[-_. ]?master|mail[-_. ]?(daemon|system|delivery|administrator|server)|mdaemon"
    r"|delivery[-_. ](subsystem|service|system|agent)|system administrator|bounce|microsoft exchange",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"undeliver|non[- ]?delivery|not (be )?delivered|delivery (has )?(fail|status|notification|problem|error|report)"
    r"|failure notice|returned (mail|to sender)|mail (delivery )?fail|could(n't| not) (be )?deliver|message rejected"
    r"|unzustellbar|non remis|no entregado",
    re.IGNORECASE,
)
_WAITS = re.compile(
    r"delay|warning|still being retried|will (be )?(re)?tr(y|ied)|not yet been", re.IGNORECASE
)
_UNKNOWN = re.compile(
    r"user unknown|unknown user|no such (user|recipient|mailbox)|no mailbox here|does not exist|doesn't have",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-#:])")


@dataclass(frozen=True, slots=True)
class Unusual:
    """Who failed, and how. ``recipients`` may be empty: then it is known only that the message bounced."""

    recipients: tuple[str, ...]
    bounce_class: BounceClass


def read(raw: bytes) -> list[Unusual]:
    """What such a bounce says, empty for mail that is none, or that only tells of a delay. Never raises."""
    if not comes_from_mail_system(raw):
        return []
    small = b"\n".join(line[:_MOST_IN_LINE] for line in raw[:_MOST_BYTES].splitlines())
    waiting, failed = _failures(small)
    text = split(small).body.decode("utf-8", "replace")
    if failed:
        classes: dict[BounceClass, list[str]] = {}
        for each in failed:
            classes.setdefault(_class_of(_behind(text, each)), []).append(each)
        return [Unusual(tuple(recipients), found) for found, recipients in classes.items()]
    subject = _header(raw, "Subject")
    if waiting or not _FAILED.search(subject) or _WAITS.search(subject):
        return []
    return [Unusual((), _class_of(text))]


def comes_from_mail_system(raw: bytes) -> bool:
    """Whether it is said to be from a server, not from a person or a program that answers for one."""
    fields = split(raw[:_MOST_BYTES]).fields
    return (
        first(fields, "X-Failed-Recipients") is not None
        or _MAIL_SYSTEM.search(_header(raw, "From")) is not None
        or (first(fields, "Return-Path") == "<>" and _FAILED.search(_header(raw, "Subject")) is not None)
    )


def _failures(small: bytes) -> tuple[list[str], list[str]]:
    """Recipients that the message still waits for, and those it failed for."""
    from flufl.bounce import all_failures

    if small.lower().count(b"multipart/") > _MOST_MULTIPARTS:
        return [], []
    try:
        waiting, failed = all_failures(message_from_bytes(small, _class=BoundedMessage))
    except Exception:  # its patterns meet bytes that nobody thought of, and so does the parser
        log.info("a bounce in no standard form could not be read", exc_info=True)
        return [], []
    return _texts(waiting), _texts(failed)


def _texts(addresses: frozenset[bytes]) -> list[str]:
    return sorted(each.decode("ascii", "replace") for each in addresses if each)


def _behind(text: str, address: str) -> str:
    """Where the text first tells of an address; all of it where it doesn't."""
    at = text.lower().find(address.lower())
    return text[at : at + _NEAR] if at >= 0 else text


def _class_of(text: str) -> BounceClass:
    status, code = find_status(text), _CODE.search(text)
    if status or code:
        number = int(code[1]) if code else int(status[0]) * 100 + 50 if status else 550
        return bounce_class(Reply(number, status, text))
    # Without a number only words count that mean something: any other failure is of an unknown kind.
    found = bounce_class(Reply(550, None, text))
    return found if found != PERMANENT_GENERAL or _UNKNOWN.search(text) else UNDETERMINED


def _header(raw: bytes, name: str) -> str:
    return decode_words((first(split(raw[:_MOST_BYTES]).fields, name) or "")[:_MOST_IN_LINE])
