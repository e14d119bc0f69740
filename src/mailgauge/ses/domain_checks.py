"""When identities are checked against DNS, what is due, and what a check changes. The looking up is ``domain_checker``'s."""

from dataclasses import dataclass

from mailgauge.base.scope import Scope
from mailgauge.ses import dkim, identities, mail_from
from mailgauge.ses.domain_records import Finding, Subject, Verdict
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.ses.standing import Found, Standing, Status, next_look
from mailgauge.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Check:
    """The last check of an identity; times in seconds. ``soa`` is ``server contact serial``."""

    checked: float | None = None
    succeeded: float | None = None
    failing: float | None = None
    error: str | None = None
    soa: str | None = None


NEVER = Check()


def find(tx: Tx, identity: Identity) -> Check:
    rows = tx.run(
        "SELECT checked, succeeded, failing, error, soa FROM identity_check WHERE scope = ? AND name = ?",
        (identity.scope.key, identity.name),
    )
    if not rows:
        return NEVER
    checked, succeeded, failing, error, soa = rows[0]
    return Check(_seconds(checked), _seconds(succeeded), _seconds(failing), error, soa)


def standing(identity: Identity, check: Check) -> Standing:
    """How the proof of a domain stands."""
    return Standing(identity.recorded_status, identity.asked, check.failing)


def status(tx: Tx, identity: Identity, now: float) -> Status:
    """What callers are told of the proof of an identity."""
    if identity.type is IdentityType.DOMAIN:
        return standing(identity, find(tx, identity)).status(now)
    return identity.status(now)


def schedule(tx: Tx, identity: Identity, now: float) -> None:
    """Has the identity checked as soon as may be."""
    tx.run(
        "INSERT INTO identity_check (scope, name, due) VALUES (?, ?, ?)"
        " ON CONFLICT (scope, name) DO UPDATE SET due = excluded.due",
        (identity.scope.key, identity.name, int(now * 1000)),
    )


def take_due(tx: Tx, now: float, limit: int, service: str) -> list[Subject]:
    """Identities to be checked now, those that wait longest first."""
    rows = tx.run(
        "SELECT scope, name FROM identity_check WHERE due <= ? ORDER BY due LIMIT ?", (int(now * 1000), limit)
    )
    found = [identities.find(tx, Scope.from_key(scope), name) for scope, name in rows]
    return [subject(tx, each, service) for each in found if each is not None]


def subject(tx: Tx, identity: Identity, service: str) -> Subject:
    signs = dkim.find(tx, identity) if identity.type is IdentityType.DOMAIN else None
    return Subject(identity, signs, mail_from.find(tx, identity), service)


def with_records(tx: Tx, domain: str | None, service: str) -> list[Subject]:
    """Identities of every account and Region that want DNS records: domains, and addresses with a MAIL FROM domain.

    With ``domain`` those of that name, or with that MAIL FROM domain.
    """
    wanted = None if domain is None else domain.lower()
    rows = tx.run(
        "SELECT i.scope, i.name FROM identity i"
        " LEFT JOIN identity_mail_from m ON m.scope = i.scope AND m.name = i.name"
        " WHERE (i.type = ? OR m.domain IS NOT NULL) AND (? IS NULL OR ? IN (i.name, m.domain))"
        " ORDER BY i.name, i.scope",
        (IdentityType.DOMAIN, wanted, wanted),
    )
    return [subject(tx, identities.get(tx, Scope.from_key(scope), found), service) for scope, found in rows]


def record(tx: Tx, checked: Subject, verdict: Verdict, now: float) -> None:
    """Writes down what a check found. What has changed since the questions were put is left for the next check."""
    identity = identities.find(tx, checked.identity.scope, checked.identity.name)
    if identity is None or identity.created != checked.identity.created:
        return
    current = subject(tx, identity, checked.service)
    standings: list[Standing] = []
    if identity.type is IdentityType.DOMAIN:
        standings.append(_record_identity(tx, identity, verdict, now))
    if current.dkim is not None and current.dkim == checked.dkim and verdict.dkim is not None:
        standings.append(_record_dkim(tx, current, verdict.dkim, verdict.shown, now))
    if current.mail_from is not None and verdict.mail_from is not None and _same_domain(current, checked):
        after = current.mail_from.standing.after(verdict.mail_from.found, now)
        mail_from.save_standing(tx, identity, after)
        standings.append(after)
    if (current.dkim, current.mail_from) == (checked.dkim, checked.mail_from):
        _plan(tx, identity, next_look(standings, now))


def _record_identity(tx: Tx, identity: Identity, verdict: Verdict, now: float) -> Standing:
    before = find(tx, identity)
    after = standing(identity, before).after(verdict.identity.found, now)
    identities.record_status(tx, identity, after.recorded, now)
    succeeded = now if verdict.identity.found is Found.YES else before.succeeded
    tx.run(
        "UPDATE identity_check SET checked = ?, succeeded = ?, failing = ?, error = ?, soa = coalesce(?, soa)"
        " WHERE scope = ? AND name = ?",
        (
            _milliseconds(now),
            _milliseconds(succeeded),
            _milliseconds(after.failing),
            verdict.identity.error,
            verdict.soa,
            identity.scope.key,
            identity.name,
        ),
    )
    return after


def _record_dkim(tx: Tx, current: Subject, finding: Finding, shown: frozenset[str], now: float) -> Standing:
    assert current.dkim is not None
    after = current.dkim.standing.after(finding.found, now)
    dkim.save_standing(tx, current.identity, after)
    successor = current.dkim.successor
    if successor is not None and successor.selector in shown:
        dkim.activate(tx, current.identity, successor.selector)
    return after


def _plan(tx: Tx, identity: Identity, due: float | None) -> None:
    tx.run(
        "UPDATE identity_check SET due = ? WHERE scope = ? AND name = ?",
        (_milliseconds(due), identity.scope.key, identity.name),
    )


def _same_domain(current: Subject, checked: Subject) -> bool:
    return (
        current.mail_from is not None
        and checked.mail_from is not None
        and current.mail_from.domain == checked.mail_from.domain
    )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)
