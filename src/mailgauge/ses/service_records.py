"""The DNS records of the service's own domain: where its bounces go, who may send as it, its DKIM keys; and whether records are seen. Pure."""

import ipaddress
from collections.abc import Sequence
from enum import StrEnum

from mailgauge.dns.answers import Answer, Outcome, RecordType
from mailgauge.ses import dkim_keys, domain_records
from mailgauge.ses.domain_records import Line


class Seen(StrEnum):
    """What DNS has for a record that is wanted."""

    YES = "found"
    OTHER = "found another"
    NO = "not found"
    UNKNOWN = "could not be looked up"


def of_service(service: str, keys: Sequence[tuple[str, str]], addresses: Sequence[str]) -> list[Line]:
    """``keys`` are selectors and texts of DKIM records, ``addresses`` those that mail leaves from, besides the host's own."""
    host = domain_records.feedback_host(service)
    permitted = " ".join(f"ip{ipaddress.ip_address(each).version}:{each}" for each in addresses)
    policy = " ".join(filter(None, ["v=spf1", "a", "mx", permitted, "~all"]))
    return [
        Line(service, RecordType.MX, f"10 {host}."),
        Line(service, RecordType.TXT, domain_records.quoted(policy)),
        *(
            Line(f"{selector}._domainkey.{service}", RecordType.TXT, domain_records.quoted(text))
            for selector, text in keys
        ),
    ]


def seen(line: Line, answer: Answer) -> Seen:
    if answer.is_temporary:
        return Seen.UNKNOWN
    if any(_same(line, record) for record in answer.records):
        return Seen.YES
    # TXT records of a name have many uses.
    others = [
        each for each in answer.records if line.kind is not RecordType.TXT or _use(each) == _use(line.text)
    ]
    return Seen.OTHER if answer.outcome is Outcome.RECORDS and others else Seen.NO


def _same(line: Line, record: str) -> bool:
    wanted = line.text
    if line.kind is not RecordType.TXT:
        return record.lower() == wanted.rstrip(".").lower()
    if _use(wanted) == "v=spf1":  # what permits us may permit others
        terms = record.lower().split()
        return _use(record) == "v=spf1" and all(term in terms for term in wanted.lower().split()[1:-1])
    public = dkim_keys.public_of(wanted)
    return record == wanted if public is None else dkim_keys.names(record, public)


def _use(text: str) -> str:
    return text.replace(";", " ").split(" ")[0].lower()
