"""Custom verification email templates: the mail that asks an address to confirm itself, in the account's own words.

Source: "Using custom verification email templates" in the SES developer guide. The link and a notice are appended to it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from mailgauge.base.scope import Scope
from mailgauge.mail.address import AddressError, bare
from mailgauge.ses import arns, identities, resource_tags
from mailgauge.ses.errors import InvalidParameterError, LimitExceededError
from mailgauge.ses.identity_errors import (
    FromNotVerifiedError,
    InvalidContentError,
    VerificationTemplateExistsError,
    VerificationTemplateNotFoundError,
)
from mailgauge.ses.limits import AMAZON, Limits
from mailgauge.ses.upsert import upsert
from mailgauge.store.transaction import Tx

_CONTENT_COLUMNS = "from_address, subject, content, success_url, failure_url"
_COLUMNS = f"name, {_CONTENT_COLUMNS}"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FORBIDDEN = frozenset(
    [
        "applet",
        "base",
        "button",
        "embed",
        "form",
        "frame",
        "frameset",
        "iframe",
        "input",
        "link",
        "meta",
        "object",
        "script",
        "select",
        "textarea",
    ]
)
_NOTICE = (
    "If you did not request to verify this email address, please disregard this message. "
    "The link expires 24 hours after this message was sent."
)


@dataclass(frozen=True, slots=True)
class VerificationTemplate:
    """``content`` is HTML; the person who opens the link is sent on to one of the two URLs."""

    name: str
    from_address: str
    subject: str
    content: str
    success_url: str
    failure_url: str


def create(
    tx: Tx,
    scope: Scope,
    template: VerificationTemplate,
    tags: Mapping[str, str],
    limits: Limits = AMAZON,
) -> None:
    """Raises VerificationTemplateExistsError, LimitExceededError, and what ``_check`` raises."""
    if find(tx, scope, template.name) is not None:
        raise VerificationTemplateExistsError(template.name)
    [(count,)] = tx.run("SELECT count(*) FROM custom_verification_template WHERE scope = ?", (scope.key,))
    if count >= limits.custom_verification_templates:
        raise LimitExceededError(
            f"You can't have more than {limits.custom_verification_templates} custom verification templates."
        )
    _put(tx, scope, template, limits)
    if tags:
        resource_tags.add(tx, scope, resource(template.name), tags, limits)


def update(tx: Tx, scope: Scope, name: str, changes: Mapping[str, str], limits: Limits = AMAZON) -> None:
    """Replaces the fields that are named. Raises VerificationTemplateNotFoundError, and what ``_check`` raises."""
    _put(tx, scope, replace(get(tx, scope, name), **changes), limits)


def find(tx: Tx, scope: Scope, name: str) -> VerificationTemplate | None:
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM custom_verification_template WHERE scope = ? AND name = ?", (scope.key, name)
    )
    return VerificationTemplate(*rows[0]) if rows else None


def get(tx: Tx, scope: Scope, name: str) -> VerificationTemplate:
    """The same, but a missing one raises VerificationTemplateNotFoundError."""
    found = find(tx, scope, name)
    if found is None:
        raise VerificationTemplateNotFoundError(name)
    return found


def page(tx: Tx, scope: Scope, after: str, limit: int) -> list[VerificationTemplate]:
    """Templates by name, behind ``after``."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM custom_verification_template WHERE scope = ? AND name > ? ORDER BY name LIMIT ?",
        (scope.key, after, limit),
    )
    return [VerificationTemplate(*row) for row in rows]


def delete(tx: Tx, scope: Scope, name: str) -> None:
    """It need not be there."""
    tx.run("DELETE FROM custom_verification_template WHERE scope = ? AND name = ?", (scope.key, name))
    resource_tags.forget(tx, scope, resource(name))


def resource(name: str) -> str:
    """Its key among tagged resources."""
    return resource_tags.key(arns.CUSTOM_VERIFICATION_TEMPLATE, name)


def check_sender(tx: Tx, scope: Scope, address: str) -> None:
    """Raises FromNotVerifiedError, and InvalidParameterError for what is no address."""
    try:
        sender = bare(address)
    except AddressError as error:
        raise InvalidParameterError(f"Invalid email address<{address}>.") from error
    if identities.find_verified(tx, scope, sender) is None:
        raise FromNotVerifiedError(address)


def html_with_link(template: VerificationTemplate, link: str) -> str:
    """The content with the link and the notice behind it."""
    shown = escape(link)
    addition = f'<p><a href="{shown}">{shown}</a></p><p>{escape(_NOTICE)}</p>'
    end = template.content.lower().rfind("</body>")
    if end < 0:
        return template.content + addition
    return template.content[:end] + addition + template.content[end:]


def _put(tx: Tx, scope: Scope, template: VerificationTemplate, limits: Limits) -> None:
    _check(tx, scope, template, limits)
    tx.run(
        upsert("custom_verification_template", "scope, name", _CONTENT_COLUMNS),
        (
            scope.key,
            template.name,
            template.from_address,
            template.subject,
            template.content,
            template.success_url,
            template.failure_url,
        ),
    )


def _check(tx: Tx, scope: Scope, template: VerificationTemplate, limits: Limits) -> None:
    """Raises InvalidParameterError, InvalidContentError, FromNotVerifiedError."""
    if not _NAME.fullmatch(template.name):
        raise InvalidParameterError(f"Invalid template name <{template.name}>.")
    if not template.subject or "\n" in template.subject or "\r" in template.subject:
        raise InvalidParameterError("The template subject must be one line.")
    for url in (template.success_url, template.failure_url):
        _check_url(url)
    if not template.content or len(template.content.encode()) > limits.custom_verification_bytes:
        raise InvalidContentError(
            f"The template content must have 1 to {limits.custom_verification_bytes} bytes."
        )
    scan = _Scan()
    scan.feed(template.content)
    if scan.refused is not None:
        raise InvalidContentError(f"The template content must not have {scan.refused}.")
    check_sender(tx, scope, template.from_address)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable() or " " in url:
        raise InvalidParameterError(f"Invalid redirection URL <{url}>.")


class _Scan(HTMLParser):
    """Looks for what would act in the reader's program."""

    refused: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FORBIDDEN:
            self.refused = f"<{tag}>"
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.refused = f"the attribute {name}"
