"""Tokens that come back in addresses and links: what they say is what was said when they were made here, or nothing."""

from contextlib import suppress

from mailgauge.mail import verp
from mailgauge.ses.unsubscribe_links import Claim, InvalidLinkError, Links
from mailgauge.tracking.tokens import InvalidTokenError, Link, Tokens

MESSAGE = "0100019774216180-3eb316ea-976e-41c9-84d8-6d0a858cefb7-000000"
SECRET = b"a secret of this harness"
TOKENS = Tokens(SECRET)
LINKS = Links(SECRET, lambda: "https://example.com")
RETURN_PATH = verp.return_path(MESSAGE, "mail.example.com", SECRET)
LINK = Link(3, "https://example.com/?a=b", {"a": ["b"]})
CLAIM = Claim("111122223333/us-east-1", "list", None, "a@example.net", MESSAGE)
MADE = (
    RETURN_PATH,
    TOKENS.for_open(MESSAGE),
    TOKENS.for_trap(MESSAGE),
    TOKENS.for_click(MESSAGE, LINK),
    LINKS.url(CLAIM).rpartition("/")[2],
)
SEEDS = (*(each.encode() for each in MADE), b"b-@", b"\xff\xff", b"====")


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert verp.message_of(text, SECRET) is None or text.strip().lower() == RETURN_PATH
    readers = (
        (TOKENS.opened, MESSAGE),
        (TOKENS.trapped, MESSAGE),
        (TOKENS.clicked, (MESSAGE, LINK)),
        (LINKS.claim, CLAIM),
    )
    for read, expected in readers:
        with suppress(InvalidTokenError, InvalidLinkError):
            assert read(text) == expected
