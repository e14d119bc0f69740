"""Email templates: names, parts and their limits (``sesv2/CreateEmailTemplate``). Rendering is in ``rendering``.

The parts are kept apart from the name, under a digest of theirs: a message that was accepted is rendered with the
template as it was then, whatever becomes of the name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.ses import arns, resource_tags, template_content
from mailgauge.ses.errors import (
    InvalidParameterError,
    LimitExceededError,
    TemplateExistsError,
    TemplateNotFoundError,
)
from mailgauge.ses.limits import AMAZON, MAX_TEMPLATE_NAME, Limits
from mailgauge.ses.template_content import TemplateContent
from mailgauge.store.migrations import Schema
from mailgauge.store.transaction import Tx

SCHEMA = Schema(
    "templates",
    (
        """
        CREATE TABLE template (
            scope TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, content BLOB NOT NULL,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID;
        CREATE INDEX template_created ON template (scope, created);
        CREATE INDEX template_content_of ON template (scope, content);
        CREATE TABLE template_content (
            scope TEXT NOT NULL, digest BLOB NOT NULL, used INTEGER NOT NULL, parts BLOB NOT NULL,
            PRIMARY KEY (scope, digest)
        );
        CREATE INDEX template_content_used ON template_content (used)
        """,
    ),
)

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_USED_EVERY = 3600.0
"""Seconds after which the use of a content is noted again: not with each message."""


@dataclass(frozen=True, slots=True)
class Template:
    name: str
    created: float
    content: TemplateContent


@dataclass(frozen=True, slots=True)
class Listed:
    """A template in a list; ``created`` in milliseconds."""

    name: str
    created: int

    @property
    def place(self) -> str:
        """Where a page that ends with it ends."""
        return f"{self.created} {self.name}"


def check(name: str, content: TemplateContent, limits: Limits = AMAZON) -> None:
    """Raises InvalidParameterError for what SES does not take, without reading the Handlebars."""
    _check_name(name)
    template_content.check(content, name, limits)


def create(
    tx: Tx,
    scope: Scope,
    name: str,
    content: TemplateContent,
    now: float,
    *,
    tags: Mapping[str, str] | None = None,
    limits: Limits = AMAZON,
) -> None:
    check(name, content, limits)
    if _row(tx, scope, name) is not None:
        raise TemplateExistsError(name, scope.account)
    [(count,)] = tx.run("SELECT count(*) FROM template WHERE scope = ?", (scope.key,))
    if count >= limits.templates:
        raise LimitExceededError(f"You can't have more than {limits.templates} templates.")
    tx.run(
        "INSERT INTO template (scope, name, created, content) VALUES (?, ?, ?, ?)",
        (scope.key, name, round(now * 1000), keep_content(tx, scope, content, now)),
    )
    if tags:
        resource_tags.add(tx, scope, resource_tags.key(arns.TEMPLATE, name), tags, limits)


def require(tx: Tx, scope: Scope, name: str) -> None:
    """Raises TemplateNotFoundError."""
    if _row(tx, scope, name) is None:
        raise TemplateNotFoundError(name)


def get(tx: Tx, scope: Scope, name: str) -> Template:
    """Raises TemplateNotFoundError."""
    found = _row(tx, scope, name)
    if found is None:
        raise TemplateNotFoundError(name)
    created, digest = found
    return Template(name, created / 1000, content_of(tx, scope, digest))


def digest_of(tx: Tx, scope: Scope, name: str, now: float) -> bytes:
    """The digest of a template's content, for a message that is to be rendered with it. Raises TemplateNotFoundError."""
    found = _row(tx, scope, name)
    if found is None:
        raise TemplateNotFoundError(name)
    _note_use(tx, scope, found[1], now)
    return found[1]


def update(
    tx: Tx, scope: Scope, name: str, content: TemplateContent, now: float, *, limits: Limits = AMAZON
) -> None:
    """Replaces all parts: one that is not given is gone."""
    template_content.check(content, name, limits)
    require(tx, scope, name)
    tx.run(
        "UPDATE template SET content = ? WHERE scope = ? AND name = ?",
        (keep_content(tx, scope, content, now), scope.key, name),
    )


def delete(tx: Tx, scope: Scope, name: str) -> None:
    """Raises TemplateNotFoundError."""
    require(tx, scope, name)
    tx.run("DELETE FROM template WHERE scope = ? AND name = ?", (scope.key, name))
    resource_tags.forget(tx, scope, resource_tags.key(arns.TEMPLATE, name))


def page(tx: Tx, scope: Scope, after: str, limit: int) -> list[Listed]:
    """Templates behind a place, the newest first."""
    created, name = _place(after)
    rows = tx.run(
        "SELECT name, created FROM template WHERE scope = ? AND (created < ? OR (created = ? AND name > ?))"
        " ORDER BY created DESC, name LIMIT ?",
        (scope.key, created, created, name, limit),
    )
    return [Listed(*row) for row in rows]


def keep_content(tx: Tx, scope: Scope, content: TemplateContent, now: float) -> bytes:
    """Keeps the parts, once however often they are used, and returns their digest."""
    parts = template_content.encode(content)
    digest = template_content.digest(parts)
    tx.run(
        "INSERT INTO template_content (scope, digest, used, parts) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (scope.key, digest, round(now * 1000), parts),
    )
    _note_use(tx, scope, digest, now)
    return digest


def content_of(tx: Tx, scope: Scope, digest: bytes) -> TemplateContent:
    """Raises KeyError."""
    rows = tx.run("SELECT parts FROM template_content WHERE scope = ? AND digest = ?", (scope.key, digest))
    if not rows:
        raise KeyError(digest)
    return template_content.decode(rows[0][0])


def forget_content(tx: Tx, *, before: float, limit: int) -> int:
    """Drops contents without a name that no message used since; returns how many."""
    rows = tx.run(
        "SELECT scope, digest FROM template_content AS old WHERE used < ? AND NOT EXISTS"
        " (SELECT 1 FROM template WHERE template.scope = old.scope AND template.content = old.digest) LIMIT ?",
        (round(before * 1000), limit),
    )
    tx.many("DELETE FROM template_content WHERE scope = ? AND digest = ?", rows)
    return len(rows)


def _check_name(name: str) -> None:
    if not name:
        raise InvalidParameterError("The template name must be specified.")
    if len(name) > MAX_TEMPLATE_NAME:
        raise InvalidParameterError(f"Template name cannot exceed {MAX_TEMPLATE_NAME} characters.")
    if not _NAME.fullmatch(name):
        raise InvalidParameterError(
            f"Invalid template name <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed."
        )


def _row(tx: Tx, scope: Scope, name: str) -> tuple[int, bytes] | None:
    rows = tx.run("SELECT created, content FROM template WHERE scope = ? AND name = ?", (scope.key, name))
    return (rows[0][0], rows[0][1]) if rows else None


def _note_use(tx: Tx, scope: Scope, digest: bytes, now: float) -> None:
    tx.run(
        "UPDATE template_content SET used = ? WHERE scope = ? AND digest = ? AND used < ?",
        (round(now * 1000), scope.key, digest, round((now - _USED_EVERY) * 1000)),
    )


def _place(after: str) -> tuple[int, str]:
    if not after:
        return 1 << 62, ""
    created, _, name = after.partition(" ")
    if not created.isdigit():
        raise InvalidParameterError("The NextToken is not valid.")
    return int(created), name
