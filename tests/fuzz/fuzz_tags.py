"""Header fields of our own: message tags, list management, ``ses:tags`` of links."""

from contextlib import suppress

from mailgauge.mail.message_tags import parse_message_tags
from mailgauge.ses.errors import SesError
from mailgauge.ses.list_management import parse_header
from mailgauge.tracking.links import address_in, decoded, tags_in

SEEDS = (
    b"campaign=spring, genre=news,empty=,=x",
    b'a="b, c"; d=e',
    b"contactListName=list; topic=news",
    b"a:b;c:d;ses:e:f",
    b"https://example.com/a?b=c&amp;d=%20&#x26;",
    b"mailto:a@example.com",
)


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    parse_message_tags(text)
    with suppress(SesError):
        parse_header(text)
    tags_in(text)
    address_in(text)
    decoded(text).encode()
