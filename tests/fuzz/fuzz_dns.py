"""What DNS and policy servers say: wire messages, MX records, addresses, MTA-STS records and policies."""

from contextlib import suppress

import dns.exception
import dns.message
import dns.rdatatype

from mailgauge.base.internet import is_public, parse_address
from mailgauge.delivery.mta_sts import PolicyError, parse_policy, policy_id
from mailgauge.delivery.mx_records import parse_records
from mailgauge.dns import resolver
from mailgauge.dns.answers import RecordType

WIRE = "000184000001000100000000076578616d706c6503636f6d00000f0001c00c000f0001000000010009000a046d61696cc00c"
SEEDS = (
    b"10 mx.example.net.\n20 .\n0 10.0.0.1\n99999 x",
    b"version: STSv1\nmode: enforce\nmx: *.example.net\nmax_age: 86400\n",
    b"v=STSv1; id=20260101;",
    b"2001:db8::1%eth0",
    bytes.fromhex(WIRE),
)


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    hosts, _ = parse_records(lines)
    assert all(each.host for each in hosts)
    policy_id(lines)
    with suppress(PolicyError):
        parse_policy(text).allows("mx.example.net")
    parse_address(text)
    is_public(text)
    # What the resolver passes over in silence: no answer at all.
    with suppress(dns.exception.DNSException, ValueError):
        _records(dns.message.from_wire(data))


def _records(message: dns.message.Message) -> None:
    """As the resolver reads an answer, without the network."""
    for rrset in message.answer:
        kind = dns.rdatatype.to_text(rrset.rdtype)
        if kind in RecordType.__members__:
            for record in rrset:
                resolver._text(RecordType[kind], record).encode()
