"""What the operator publishes for the service's own domain, and what a look at DNS makes of it."""

import pytest

from mailgauge.dns.answers import NO_DATA, NO_SUCH_NAME, TEMPORARY, Answer, Outcome, RecordType
from mailgauge.ses import dkim_keys
from mailgauge.ses.domain_records import Line
from mailgauge.ses.service_records import Seen, of_service, seen

SERVICE = "mail.example"
RSA = dkim_keys.record("TUlJQklqQU5CZ2txaGtpRzl3MEJBUUVGQUFPQ0FROEFNSUlCQ2dLQ0FRRUE" * 6)
ED25519 = dkim_keys.record("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "ed25519")
LINES = of_service(SERVICE, [("a", RSA), ("b", ED25519)], ["192.0.2.1", "2001:db8::1"])
MX, SPF, LONG, SHORT = LINES


def test_the_records_are_lines_of_a_zone_file() -> None:
    assert str(MX) == "mail.example. 300 IN MX 10 mail.example."
    assert str(SPF) == 'mail.example. 300 IN TXT "v=spf1 a mx ip4:192.0.2.1 ip6:2001:db8::1 ~all"'
    assert str(SHORT).startswith('b._domainkey.mail.example. 300 IN TXT "v=DKIM1; k=ed25519; p=11q')
    assert LONG.text == RSA
    assert '" "' in LONG.data


def records(*found: str) -> Answer:
    return Answer(Outcome.RECORDS, found)


@pytest.mark.parametrize(
    ("line", "answer", "what"),
    [
        (MX, records("10 mail.example"), Seen.YES),
        (MX, records("10 other.example"), Seen.OTHER),
        (MX, NO_DATA, Seen.NO),
        (MX, TEMPORARY, Seen.UNKNOWN),
        (SPF, records("v=spf1 ip6:2001:db8::1 ip4:192.0.2.1 mx a include:other.example -all"), Seen.YES),
        (SPF, records("v=spf1 a mx -all"), Seen.OTHER),
        (SPF, records("site-verification=1"), Seen.NO),
        (LONG, records(RSA.replace("; ", ";")), Seen.YES),
        (LONG, records(ED25519), Seen.OTHER),
        (SHORT, NO_SUCH_NAME, Seen.NO),
        (Line("t._domainkey.shop.example", RecordType.CNAME, "T.dkim.mail.example."), records("t.dkim.mail.example"), Seen.YES),
        (Line("_amazonses.shop.example", RecordType.TXT, '"token"'), records("token"), Seen.YES),
        (Line("_amazonses.shop.example", RecordType.TXT, '"token"'), records("other"), Seen.NO),
    ],
)  # fmt: skip
def test_a_record_is_found_another_is_or_none(line: Line, answer: Answer, what: Seen) -> None:
    assert seen(line, answer) is what
