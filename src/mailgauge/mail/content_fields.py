"""What Content-Type and Content-Disposition say of names and boundaries (RFC 2045, RFC 2183, RFC 2231), of any message.

The standard library reads them, and there are broken ones at which it fails in ways of its own: those say nothing here.
"""

from collections.abc import Callable, Iterable
from email.message import Message
from typing import Any

from mailgauge.mail.headers import Field, first

_NAMES = ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition")
_FAULTS = (TypeError, ValueError, LookupError, AttributeError)
# More than the longest names of files need.
_LONGEST = 8192
_MOST_PARAMETERS = 100


class BoundedMessage(Message):
    """A message whose fields have no parameters when they have a great many: reading them takes the square of their length.

    To be given to the standard library's parser as well, which looks for boundaries and charsets itself.
    """

    def get_param(self, *arguments: Any, **named: Any) -> Any:
        """Takes ``param``, ``failobj``, ``header`` and ``unquote``, as the one it replaces."""
        asked = dict(zip(("param", "failobj", "header"), arguments, strict=False)) | named
        field = str(self.get(asked.get("header", "content-type")) or "")
        if len(field) > _LONGEST or field.count(";") > _MOST_PARAMETERS:
            return asked.get("failobj")
        return super().get_param(*arguments, **named)


def header(fields: Iterable[Field]) -> Message:
    """These fields, the first of each, as what the others take; nothing of them is read yet."""
    fields = list(fields)
    found = BoundedMessage()
    for name in _NAMES:
        if (value := first(fields, name)) is not None:
            found[name] = value
    return found


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
