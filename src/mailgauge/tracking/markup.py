"""Puts counted links and a pixel into the HTML of one message, and leaves every other byte as it is. Pure.

The links are found by lol-html, a streaming rewriter: what it does not change it does not touch, whatever the encoding.
"""

from collections.abc import Callable
from typing import Any

from mailgauge.tracking.links import LONGEST_URL, NO_TRACK, TAGS, address_in, tags_in
from mailgauge.tracking.tokens import Link

PLACEHOLDER = b"{{ses:openTracker}}"
MOST_LINKS = 250
LARGEST = 4 << 20
"""Bytes of HTML that are looked at: no mail that people read is larger."""

_ENDS = (b"</body", b"</html")
_NAME_ENDS = frozenset({b" ", b"\t", b"\r", b"\n", b"\f", b"/", b">"})
_MOST_ENDS = 8
"""End tags that are looked at: who writes more of them has put them into comments."""


class Marker:
    """Marks the HTML parts of a message one after the other. ``pixel`` is put in once; ``counted`` makes the address of
    a link that counts, and is None where clicks don't.
    """

    def __init__(self, pixel: bytes, counted: Callable[[Link], str] | None) -> None:
        self._pixel = pixel
        self._counted = counted
        self._links = 0

    def mark(self, html: bytes) -> bytes:
        # UTF-16 and UTF-32 have zeros, ISO-2022 has escapes: encodings in which ASCII may mean something else.
        if len(html) > LARGEST or b"\0" in html or b"\x1b" in html:
            return html
        if self._counted is not None or b"ses:" in html.lower():
            html = self._with_links(html)
        return self._with_pixel(html)

    def _with_links(self, html: bytes) -> bytes:
        from lolhtml import HTMLRewriter  # a large library, for mail that is tracked only

        out = bytearray()
        rewriter = HTMLRewriter(out.extend)
        rewriter.on("a", self)
        rewriter.write(html)
        rewriter.end()
        return bytes(out)

    def element(self, anchor: Any) -> None:
        """What lol-html calls with each ``<a>``."""
        untracked = anchor.has_attribute(NO_TRACK)
        if untracked:
            anchor.remove_attribute(NO_TRACK)
        tags = anchor.get_attribute(TAGS)
        if tags is not None:
            anchor.remove_attribute(TAGS)
        if untracked or self._counted is None or self._links >= MOST_LINKS:
            return
        url = address_in(anchor.get_attribute("href") or "")
        # The tags stand in the token, too.
        if url is not None and len(url) + len(tags or "") <= LONGEST_URL:
            link = Link(self._links, url, tags_in(tags) if tags else {})
            anchor.set_attribute("href", self._counted(link))
            self._links += 1

    def _with_pixel(self, html: bytes) -> bytes:
        """In place of the first placeholder, or at the end of the body; the other placeholders go."""
        pixel, self._pixel = self._pixel, b""
        before, found, after = html.partition(PLACEHOLDER)
        if found:
            return before + pixel + after.replace(PLACEHOLDER, b"")
        if not pixel:
            return html
        at = _end_of_body(html)
        return html[:at] + pixel + html[at:]


def _end_of_body(html: bytes) -> int:
    """Where the body's end tag is, or that of the document; not one that is in a comment."""
    lower = html.lower()
    for tag in _ENDS:
        at = len(lower)
        for _ in range(_MOST_ENDS):
            at = lower.rfind(tag, 0, at)
            if at < 0:
                break
            is_tag = lower[at + len(tag) : at + len(tag) + 1] in _NAME_ENDS
            if is_tag and lower.rfind(b"<!--", 0, at) <= lower.rfind(b"-->", 0, at):
                return at
    return len(html.rstrip())
