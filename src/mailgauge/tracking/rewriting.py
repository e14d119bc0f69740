"""Tracking of one message: what is asked for, and the message with it. Pure, bytes in and bytes out.

Source: "Amazon SES email sending metrics FAQs" (opens, clicks, link tags) and ``sesv2/TrackingOptions``.
"""

from dataclasses import dataclass
from functools import partial

from mailgauge.mail.headers import first, split
from mailgauge.mail.text_parts import edit_text
from mailgauge.tracking.markup import Marker
from mailgauge.tracking.tokens import Link, Tokens

PATH = "/_t"
OPEN, CLICK, TRAP = "o", "c", "h"


@dataclass(frozen=True, slots=True)
class Places:
    """Bases of addresses (``https://links.example.com``): of the pixel, and of links by the scheme they had."""

    pixel: str
    http: str
    https: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a message is to have. Where it is neither opens nor clicks, only what asks for them is removed."""

    message_id: str
    tokens: Tokens
    places: Places
    opens: bool = False
    clicks: bool = False
    hidden_link: bool = False

    @property
    def pixel(self) -> bytes:
        """What is put into the HTML of the message once."""
        html = ""
        if self.opens:
            source = f"{self.places.pixel}{PATH}/{OPEN}/{self.tokens.for_open(self.message_id)}.gif"
            html += f'<img alt="" src="{source}" width="1" height="1" border="0" style="display:block">'
        if self.clicks and self.hidden_link:
            trap = f"{self.places.https}{PATH}/{TRAP}/{self.tokens.for_trap(self.message_id)}"
            html += (
                f'<a href="{trap}" rel="nofollow" aria-hidden="true" tabindex="-1" style="display:none"></a>'
            )
        return html.encode("ascii")


def rewrite(content: bytes, plan: Plan) -> bytes:
    """The message with its links and its pixel. One whose sender has signed it is left alone: the signature would break."""
    fields = split(content).fields
    kind = (first(fields, "Content-Type") or "").lower()
    if not kind.startswith(("text/html", "multipart/")) or kind.startswith("multipart/signed"):
        return content
    if first(fields, "DKIM-Signature") is not None or not (plan.opens or plan.clicks or _may_ask(content)):
        return content
    marker = Marker(plan.pixel, partial(_counted, plan) if plan.clicks else None)
    return edit_text(content, lambda subtype, text: marker.mark(text) if subtype == "html" else text)


def _may_ask(content: bytes) -> bool:
    """Whether something of ours can stand in it: so most mail that is not tracked need not be taken apart."""
    lower = content.lower()
    return b"ses:" in lower or b"base64" in lower or b"quoted-printable" in lower


def _counted(plan: Plan, link: Link) -> str:
    places = plan.places
    base = places.https if link.url[:6].lower() == "https:" else places.http
    return f"{base}{PATH}/{CLICK}/{plan.tokens.for_click(plan.message_id, link)}"
