"""The DNS records that a domain identity wants: what to publish, what to ask, and what the answers prove. Pure.

The names are SES's (``_amazonses.<domain>``); for the token, ``_mailgauge.<domain>`` does as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mailgauge.dns.answers import NO_SUCH_NAME, TEMPORARY, Answer, Outcome, RecordType
from mailgauge.ses import dkim_keys
from mailgauge.ses.dkim import Dkim, Origin
from mailgauge.ses.identities import Identity
from mailgauge.ses.mail_from import MailFrom
from mailgauge.ses.standing import Found

Question = tuple[str, RecordType]
Answers = Mapping[Question, Answer]

TOKEN_LABELS = ("_amazonses", "_mailgauge")
_SOA_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Subject:
    """An identity with what its records depend on. ``service`` is the service's own domain."""

    identity: Identity
    dkim: Dkim | None
    mail_from: MailFrom | None
    service: str


@dataclass(frozen=True, slots=True)
class Finding:
    """``error`` is SES's word for why nothing was proven (``sesv2`` VerificationError)."""

    found: Found
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``shown`` are the selectors whose public key can be seen; ``soa`` is ``server contact serial``."""

    identity: Finding
    dkim: Finding | None
    mail_from: Finding | None
    shown: frozenset[str]
    soa: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A record to publish, in the form of a zone file."""

    name: str
    kind: RecordType
    data: str

    @property
    def text(self) -> str:
        """The data as an answer has it: the strings of a TXT record joined."""
        return "".join(self.data.split('"')[1::2]) if self.kind is RecordType.TXT else self.data

    def __str__(self) -> str:
        return f"{self.name}. 300 IN {self.kind} {self.data}"


def dkim_zone(service: str) -> str:
    """Where the public keys of Easy DKIM are published."""
    return f"dkim.{service}"


def feedback_host(service: str) -> str:
    """The mail server that the MX record of a MAIL FROM domain names: where the service listens for feedback."""
    return service


def questions(subject: Subject) -> list[Question]:
    """Everything that the verdict depends on."""
    asked: list[Question] = []
    if "@" not in subject.identity.name:
        asked += [(f"{label}.{subject.identity.name}", RecordType.TXT) for label in TOKEN_LABELS]
        asked += [(name, RecordType.SOA) for name in _zones(subject.identity.name)]
    if subject.dkim is not None and subject.dkim.origin is Origin.AWS_SES:
        asked += [(_key_name(subject, token), RecordType.CNAME) for token in subject.identity.dkim_tokens]
    if subject.dkim is not None:
        asked += [(_key_name(subject, key.selector), RecordType.TXT) for key in subject.dkim.keys]
    if subject.mail_from is not None:
        asked += [(subject.mail_from.domain, kind) for kind in (RecordType.MX, RecordType.TXT)]
    return asked


def judge(subject: Subject, answers: Answers) -> Verdict:
    """What the answers to ``questions`` prove."""
    dkim = None if subject.dkim is None else _judge_dkim(subject, subject.dkim, answers)
    mail_from = None if subject.mail_from is None else _judge_mail_from(subject, subject.mail_from, answers)
    token = _judge_token(subject, answers)
    return Verdict(_either(dkim, token), dkim, mail_from, _shown(subject, answers), _soa(subject, answers))


def for_the_owner(subject: Subject) -> list[Line]:
    """What the domain's owner publishes."""
    lines = []
    if subject.dkim is not None:
        lines += _dkim_lines(subject, subject.dkim)
    elif "@" not in subject.identity.name:
        data = quoted(subject.identity.token)
        lines.append(Line(f"{TOKEN_LABELS[0]}.{subject.identity.name}", RecordType.TXT, data))
    if subject.mail_from is not None:
        host, spf = feedback_host(subject.service), f"v=spf1 include:{subject.service} ~all"
        lines.append(Line(subject.mail_from.domain, RecordType.MX, f"10 {host}."))
        lines.append(Line(subject.mail_from.domain, RecordType.TXT, quoted(spf)))
    return lines


def for_the_operator(subject: Subject) -> list[Line]:
    """What the operator of the service publishes: the keys that the owner's CNAME records lead to."""
    if subject.dkim is None or subject.dkim.origin is not Origin.AWS_SES:
        return []
    zone = dkim_zone(subject.service)
    return [
        Line(f"{key.selector}.{zone}", RecordType.TXT, quoted(dkim_keys.record(key.public)))
        for key in subject.dkim.keys
    ]


def _dkim_lines(subject: Subject, dkim: Dkim) -> list[Line]:
    if dkim.origin is Origin.AWS_SES:
        zone = dkim_zone(subject.service)
        return [
            Line(_key_name(subject, token), RecordType.CNAME, f"{token}.{zone}.")
            for token in subject.identity.dkim_tokens
        ]
    return [
        Line(_key_name(subject, key.selector), RecordType.TXT, quoted(dkim_keys.record(key.public)))
        for key in dkim.keys
    ]


def _judge_dkim(subject: Subject, dkim: Dkim, answers: Answers) -> Finding:
    """Proven by all CNAME records, or by the public key in use where a signature's reader looks for it."""
    key = dkim.active
    if key is not None and key.selector in _shown(subject, answers):
        return Finding(Found.YES)
    if dkim.origin is not Origin.AWS_SES:
        assert key is not None
        return _failed([answers.get((_key_name(subject, key.selector), RecordType.TXT), TEMPORARY)])
    zone = dkim_zone(subject.service)
    aliases = {
        token: answers.get((_key_name(subject, token), RecordType.CNAME), TEMPORARY)
        for token in subject.identity.dkim_tokens
    }
    wrong = [answer for token, answer in aliases.items() if answer.records != (f"{token}.{zone}",)]
    return _failed(wrong) if wrong else Finding(Found.YES)


def _judge_token(subject: Subject, answers: Answers) -> Finding:
    found = [
        answers.get((f"{label}.{subject.identity.name}", RecordType.TXT), TEMPORARY) for label in TOKEN_LABELS
    ]
    if any(subject.identity.token in answer.records for answer in found):
        return Finding(Found.YES)
    # Two names are asked and one suffices, so the one that is there says why.
    there = [answer for answer in found if answer.outcome is not Outcome.NO_SUCH_NAME]
    return _failed(there or [NO_SUCH_NAME])


def _judge_mail_from(subject: Subject, mail_from: MailFrom, answers: Answers) -> Finding:
    mx = answers.get((mail_from.domain, RecordType.MX), TEMPORARY)
    hosts = [record.rpartition(" ")[2] for record in mx.records]
    if hosts != [feedback_host(subject.service)]:
        return _failed([mx])
    txt = answers.get((mail_from.domain, RecordType.TXT), TEMPORARY)
    policies = [record for record in txt.records if record.lower().split(" ")[0] == "v=spf1"]
    if len(policies) != 1 or not _permits(policies[0]):
        return _failed([txt])
    return Finding(Found.YES)


def _permits(policy: str) -> bool:
    """Whether an SPF policy permits anybody. Whom exactly is for the receivers of mail to find out (RFC 7208)."""
    terms = [term.lower() for term in policy.split()[1:]]
    return any(term[0] not in "-~?" and not term.startswith("exp=") for term in terms)


def _either(dkim: Finding | None, token: Finding) -> Finding:
    """A domain is proven by its DKIM records or by its token; the error shown is that of DKIM where it is set up."""
    first = token if dkim is None else dkim
    if Found.YES in {first.found, token.found}:
        return Finding(Found.YES)
    return first if first.found is Found.UNKNOWN or token.found is Found.NO else token


def _failed(answers: list[Answer]) -> Finding:
    if any(answer.is_temporary for answer in answers):
        return Finding(Found.UNKNOWN, "DNS_SERVER_ERROR")
    outcomes = {answer.outcome for answer in answers}
    if Outcome.NO_SUCH_NAME in outcomes:
        return Finding(Found.NO, "HOST_NOT_FOUND")
    return Finding(Found.NO, "TYPE_NOT_FOUND" if Outcome.NO_DATA in outcomes else "INVALID_VALUE")


def _shown(subject: Subject, answers: Answers) -> frozenset[str]:
    keys = () if subject.dkim is None else subject.dkim.keys
    return frozenset(
        key.selector
        for key in keys
        for text in answers.get((_key_name(subject, key.selector), RecordType.TXT), TEMPORARY).records
        if dkim_keys.names(text, key.public)
    )


def _soa(subject: Subject, answers: Answers) -> str | None:
    found = (answers.get((name, RecordType.SOA), TEMPORARY).records for name in _zones(subject.identity.name))
    return next((records[0] for records in found if records), None)


def _zones(domain: str) -> list[str]:
    """The domain and those above it, one of which is the apex of its zone."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(min(len(labels) - 1, _SOA_LEVELS))]


def _key_name(subject: Subject, selector: str) -> str:
    return f"{selector}._domainkey.{subject.identity.name}"


def quoted(text: str) -> str:
    """A TXT record's text as strings of at most 255 bytes (RFC 1035 3.3.14)."""
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))
