"""The parts of an email template as they were written, and what SES takes of them. Pure; reading Handlebars is in ``rendering``."""

from hashlib import blake2b

import msgspec

from mailgauge.ses.errors import InvalidParameterError, InvalidTemplateError
from mailgauge.ses.limits import AMAZON, Limits

DIGEST_BYTES = 16
OPEN_TRACKER = "{{ses:openTracker}}"


class TemplateContent(msgspec.Struct, frozen=True, array_like=True):
    """Subject, text and HTML, Handlebars and all."""

    subject: str | None = None
    text: str | None = None
    html: str | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(TemplateContent).decode


def encode(content: TemplateContent) -> bytes:
    return _encode(content)


def decode(parts: bytes) -> TemplateContent:
    return _decode(parts)


def digest(parts: bytes) -> bytes:
    """The name of encoded parts, the same for the same parts."""
    return blake2b(parts, digest_size=DIGEST_BYTES).digest()


def check(content: TemplateContent, name: str = "", limits: Limits = AMAZON) -> None:
    """Raises InvalidParameterError. Content that comes with a send (``sesv2/EmailTemplateContent``) has no name."""
    if not content.subject:
        raise InvalidParameterError("The subject must be specified.")
    if not content.text and not content.html:
        raise InvalidParameterError("The text or the HTML part must be specified.")
    parts = [part for part in (content.subject, content.text, content.html) if part]
    size = sum(len(part.encode("utf-8", "replace")) for part in parts)
    if size > limits.template_bytes:
        raise InvalidParameterError(f"Template size exceeds {limits.template_bytes} bytes: '{size}'.")
    if (content.html or "").count(OPEN_TRACKER) > 1:
        raise InvalidTemplateError(name, f"{OPEN_TRACKER} may be used only once.")
