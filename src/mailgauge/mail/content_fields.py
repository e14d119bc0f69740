"""What Content-Type and Content-Disposition say of names and boundaries (RFC 2045, RFC 2183, RFC 2231), of any message.

The standard library reads them, and there are broken ones at which it fails in ways of its own: those say nothing here.
"""

from collections.abc import Callable
from email.message import Message

_FAULTS = (TypeError, ValueError, LookupError, AttributeError)


def boundary(header: Message) -> str | None:
    return _said(header.get_boundary)


def filename(header: Message) -> str | None:
    return _said(header.get_filename)


def disposition(header: Message) -> str | None:
    """In lower case, such as ``attachment``."""
    return _said(header.get_content_disposition)


def _said(read: Callable[[], str | None]) -> str | None:
    try:
        return read()
    except _FAULTS:
        return None
