"""Domains prove themselves by DNS: which records do, when they are looked for, and what happens when they go."""

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailgauge.dns.answers import NO_DATA, TEMPORARY, Answer, RecordType
from mailgauge.ses import dkim, dkim_keys, identities
from mailgauge.ses.dkim_keys import SigningKey
from mailgauge.ses.verification import Verification
from mailgauge.store.sqlite import SqliteStore
from tests.ses.control_client import NOW, Client
from tests.ses.domain_client import MASTER, SERVICE, Domains, verification

DAY = 24 * 3600.0
SHOP = "shop.example"


@pytest.fixture
def domains(make_client: Callable[[Verification], Client], store: SqliteStore) -> Domains:
    return Domains(make_client(verification()), store)


async def create(domains: Domains, name: str = SHOP, **signing: str) -> list[str]:
    given = {"DkimSigningAttributes": signing} if signing else {}
    made = await domains.now.v2("CreateEmailIdentity", EmailIdentity=name, **given)
    tokens: list[str] = made["DkimAttributes"]["Tokens"]
    return tokens


async def signing_key(domains: Domains, name: str = SHOP) -> SigningKey | None:
    scope = domains.client.caller.scope
    return await domains.store.read(lambda tx: dkim.signing_key(tx, identities.get(tx, scope, name)))


async def test_a_domain_is_verified_when_its_three_records_appear(domains: Domains) -> None:
    tokens = await create(domains)
    assert len(tokens) == 3
    await domains.check()
    assert (await domains.status(SHOP), await domains.dkim_status(SHOP)) == ("PENDING", "PENDING")
    domains.publish_dkim(SHOP, tokens[:2])
    await domains.later(120)
    assert await domains.status(SHOP) == "PENDING"
    domains.publish_dkim(SHOP, tokens)
    await domains.later(120)
    described = await domains.describe(SHOP)
    assert described["VerifiedForSendingStatus"] is True
    assert (described["VerificationStatus"], described["DkimAttributes"]["Status"]) == ("SUCCESS", "SUCCESS")
    v1 = await domains.now.v1("GetIdentityDkimAttributes", Identities=[SHOP])
    assert v1["DkimAttributes"][SHOP] == {
        "DkimEnabled": True,
        "DkimVerificationStatus": "Success",
        "DkimTokens": tokens,
    }


async def test_after_three_days_without_records_it_has_failed_and_can_be_asked_for_again(
    domains: Domains,
) -> None:
    tokens = await create(domains)
    await domains.later(3 * DAY)
    assert await domains.status(SHOP) == "PENDING"
    await domains.later(3700)
    assert (await domains.status(SHOP), await domains.dkim_status(SHOP)) == ("FAILED", "FAILED")
    assert await domains.now.v1("VerifyDomainDkim", Domain=SHOP) == {"DkimTokens": tokens}
    domains.publish_dkim(SHOP, tokens)
    await domains.check()
    assert (await domains.status(SHOP), await domains.dkim_status(SHOP)) == ("SUCCESS", "SUCCESS")


@pytest.mark.parametrize("label", ["_amazonses", "_mailgauge"])
async def test_the_token_of_api_v1_verifies_a_domain_without_dkim(domains: Domains, label: str) -> None:
    token = (await domains.now.v1("VerifyDomainIdentity", Domain=SHOP))["VerificationToken"]
    domains.publish(f"{label}.{SHOP}", RecordType.TXT, "something else", token)
    await domains.check()
    assert await domains.status(SHOP) == "SUCCESS"
    dkim_v1 = await domains.now.v1("GetIdentityDkimAttributes", Identities=[SHOP])
    assert dkim_v1["DkimAttributes"][SHOP] == {
        "DkimEnabled": False,
        "DkimVerificationStatus": "NotStarted",
        "DkimTokens": [],
    }


async def test_the_public_key_itself_does_as_well_as_the_aliases(domains: Domains) -> None:
    [token, *_] = await create(domains)
    await domains.check()
    scope = domains.client.caller.scope
    found = await domains.store.read(lambda tx: dkim.find(tx, identities.get(tx, scope, SHOP)))
    assert found is not None
    assert found.active is not None
    assert found.active.selector == token
    record = dkim_keys.record(found.active.public)
    domains.publish(f"{token}._domainkey.{SHOP}", RecordType.TXT, record)
    await domains.later(120)
    assert await domains.dkim_status(SHOP) == "SUCCESS"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (TEMPORARY, "DNS_SERVER_ERROR"),
        (NO_DATA, "TYPE_NOT_FOUND"),
        (None, "HOST_NOT_FOUND"),
        (("other.example",), "INVALID_VALUE"),
    ],
)
async def test_why_a_domain_is_not_verified_is_told(
    domains: Domains, answer: Answer | tuple[str, ...] | None, error: str
) -> None:
    for token in await create(domains):
        if answer is not None:
            domains.records[f"{token}._domainkey.{SHOP}", RecordType.CNAME] = answer
    domains.publish(SHOP, RecordType.SOA, "ns.example.net admin.example.net 42")
    await domains.check()
    info = (await domains.describe(SHOP))["VerificationInfo"]
    assert info["ErrorType"] == error
    assert info["LastCheckedTimestamp"].timestamp() == NOW
    assert "LastSuccessTimestamp" not in info
    assert info["SOARecord"] == {
        "PrimaryNameServer": "ns.example.net",
        "AdminEmail": "admin.example.net",
        "SerialNumber": 42,
    }


async def test_a_verified_domain_keeps_sending_for_three_days_without_its_records(domains: Domains) -> None:
    tokens = await create(domains)
    domains.publish_dkim(SHOP, tokens)
    await domains.check()
    domains.records.clear()
    await domains.later(DAY)
    described = await domains.describe(SHOP)
    assert described["VerificationStatus"] == "TEMPORARY_FAILURE"
    assert described["VerifiedForSendingStatus"] is True
    assert described["VerificationInfo"]["LastSuccessTimestamp"].timestamp() == NOW
    await domains.later(3 * DAY + 7200)
    assert (await domains.describe(SHOP))["VerifiedForSendingStatus"] is False
    assert await domains.status(SHOP) == "FAILED"


async def test_a_name_server_that_is_down_never_costs_a_verified_domain(domains: Domains) -> None:
    tokens = await create(domains)
    domains.publish_dkim(SHOP, tokens)
    await domains.check()
    for token in tokens:
        domains.records[f"{token}._domainkey.{SHOP}", RecordType.CNAME] = TEMPORARY
    for label in ("_amazonses", "_mailgauge"):
        domains.records[f"{label}.{SHOP}", RecordType.TXT] = TEMPORARY
    await domains.later(10 * DAY)
    described = await domains.describe(SHOP)
    assert (described["VerificationStatus"], described["VerifiedForSendingStatus"]) == (
        "TEMPORARY_FAILURE",
        True,
    )


async def test_mail_of_a_proven_domain_and_its_addresses_has_a_key_until_signing_is_off(
    domains: Domains,
) -> None:
    tokens = await create(domains)
    assert await signing_key(domains) is None
    domains.publish_dkim(SHOP, tokens)
    await domains.check()
    key = await signing_key(domains)
    assert key is not None
    assert (key.domain, key.selector) == (SHOP, tokens[0])
    assert MASTER.open(key.sealed, key.context)[:1] == b"\x30"
    await create(domains, "joe@shop.example")
    assert await signing_key(domains, "joe@shop.example") == key
    await domains.now.v1("SetIdentityDkimEnabled", Identity="joe@shop.example", DkimEnabled=False)
    assert await signing_key(domains, "joe@shop.example") is None
    await domains.now.v2("PutEmailIdentityDkimAttributes", EmailIdentity=SHOP, SigningEnabled=False)
    assert await signing_key(domains) is None
    assert (await domains.describe(SHOP))["DkimAttributes"]["SigningEnabled"] is False


async def test_a_key_is_rotated_and_the_next_one_signs_once_dns_shows_it(domains: Domains) -> None:
    tokens = await create(domains)
    domains.publish_dkim(SHOP, tokens)
    await domains.check()
    domains.clock.step(dkim.ROTATION_SECONDS)
    await domains.check()
    key = await signing_key(domains)
    assert key is not None
    assert key.selector == tokens[0]
    scope = domains.client.caller.scope
    found = await domains.store.read(lambda tx: dkim.find(tx, identities.get(tx, scope, SHOP)))
    assert found is not None
    assert found.successor is not None
    assert found.successor.selector == tokens[1]
    record = dkim_keys.record(found.successor.public)
    domains.publish(f"{tokens[1]}._domainkey.{SHOP}", RecordType.TXT, record)
    await domains.later(DAY)
    rotated = await signing_key(domains)
    assert rotated is not None
    assert rotated.selector == tokens[1]


async def test_another_key_length_makes_another_key(domains: Domains) -> None:
    tokens = await create(domains, NextSigningKeyLength="RSA_1024_BIT")
    domains.publish_dkim(SHOP, tokens)
    await domains.check()
    described = (await domains.describe(SHOP))["DkimAttributes"]
    assert (described["CurrentSigningKeyLength"], described["NextSigningKeyLength"]) == (
        "RSA_1024_BIT",
        "RSA_1024_BIT",
    )
    put = await domains.now.v2(
        "PutEmailIdentityDkimSigningAttributes",
        EmailIdentity=SHOP,
        SigningAttributesOrigin="AWS_SES",
        SigningAttributes={"NextSigningKeyLength": "RSA_2048_BIT"},
    )
    assert (put["DkimStatus"], put["DkimTokens"]) == ("SUCCESS", tokens)
    await domains.check()
    assert (await domains.describe(SHOP))["DkimAttributes"]["NextSigningKeyLength"] == "RSA_2048_BIT"


def own_key(bits: int) -> str:
    key = rsa.generate_private_key(65537, bits)
    return base64.b64encode(
        key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    ).decode()


async def test_a_domain_brings_its_own_key(domains: Domains) -> None:
    private = own_key(1024)
    tokens = await create(domains, DomainSigningSelector="mine", DomainSigningPrivateKey=private)
    assert tokens == ["mine"]
    described = (await domains.describe(SHOP))["DkimAttributes"]
    assert described["SigningAttributesOrigin"] == "EXTERNAL"
    public = dkim_keys.read_private(private).public
    domains.publish(f"mine._domainkey.{SHOP}", RecordType.TXT, f"k=rsa; t=s; p={public}")
    await domains.check()
    assert (await domains.dkim_status(SHOP), await domains.status(SHOP)) == ("SUCCESS", "SUCCESS")
    key = await signing_key(domains)
    assert key is not None
    assert key.selector == "mine"
    assert MASTER.open(key.sealed, key.context) == dkim_keys.read_private(private).private
    back = await domains.now.v2(
        "PutEmailIdentityDkimSigningAttributes", EmailIdentity=SHOP, SigningAttributesOrigin="AWS_SES"
    )
    assert (back["DkimStatus"], len(back["DkimTokens"])) == ("PENDING", 3)


@pytest.mark.parametrize(
    "signing",
    [
        {"DomainSigningSelector": "mine"},
        {"DomainSigningPrivateKey": "bm8="},
        {"DomainSigningSelector": "mine", "DomainSigningPrivateKey": "bm8="},
        {"DomainSigningAttributesOrigin": "AWS_SES_EU_WEST_1"},
    ],
)
async def test_what_is_no_key_is_refused(domains: Domains, signing: dict[str, str]) -> None:
    error = await domains.client.refusal_v2(
        "CreateEmailIdentity", EmailIdentity=SHOP, DkimSigningAttributes=signing
    )
    assert error.code == "BadRequestException"


async def test_only_domains_have_signing_attributes_and_addresses_need_a_domain_that_signs(
    domains: Domains,
) -> None:
    await create(domains, "joe@shop.example")
    error = await domains.client.refusal_v2(
        "PutEmailIdentityDkimSigningAttributes",
        EmailIdentity="joe@shop.example",
        SigningAttributesOrigin="AWS_SES",
    )
    assert error.code == "BadRequestException"
    refused = await domains.client.refusal_v1(
        "SetIdentityDkimEnabled", Identity="joe@shop.example", DkimEnabled=True
    )
    assert refused.code == "InvalidParameterValue"
    missing = await domains.client.refusal_v2("PutEmailIdentityDkimAttributes", EmailIdentity="x.example")
    assert missing.code == "NotFoundException"


async def mail_from_status(domains: Domains) -> str:
    status: str = (await domains.describe(SHOP))["MailFromAttributes"]["MailFromDomainStatus"]
    return status


async def check_no_mail_from(domains: Domains) -> None:
    """As AWS says it: only what would be done if there were one."""
    assert (await domains.describe(SHOP))["MailFromAttributes"] == {
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"
    }
    found = await domains.now.v1("GetIdentityMailFromDomainAttributes", Identities=[SHOP])
    assert found["MailFromDomainAttributes"] == {SHOP: {"BehaviorOnMXFailure": "UseDefaultValue"}}


async def test_a_mail_from_domain_needs_one_mx_record_and_an_spf_record(domains: Domains) -> None:
    await create(domains)
    await check_no_mail_from(domains)
    await domains.now.v1(
        "SetIdentityMailFromDomain",
        Identity=SHOP,
        MailFromDomain="Bounce.Shop.example",
        BehaviorOnMXFailure="RejectMessage",
    )
    host = "bounce.shop.example"
    await domains.check()
    assert (await domains.describe(SHOP))["MailFromAttributes"] == {
        "MailFromDomain": host,
        "MailFromDomainStatus": "PENDING",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }
    domains.publish(host, RecordType.MX, f"10 {SERVICE}", "20 other.example")
    domains.publish(host, RecordType.TXT, "unrelated", f"v=spf1 include:{SERVICE} ~all")
    await domains.later(120)
    assert await mail_from_status(domains) == "PENDING"
    domains.publish(host, RecordType.MX, f"10 {SERVICE}")
    domains.publish(host, RecordType.TXT, "v=spf1 -all")
    await domains.later(120)
    assert await mail_from_status(domains) == "PENDING"
    domains.publish(host, RecordType.TXT, f"v=spf1 include:{SERVICE} ~all")
    await domains.later(120)
    assert await mail_from_status(domains) == "SUCCESS"
    found = await domains.now.v1("GetIdentityMailFromDomainAttributes", Identities=[SHOP, "x.example"])
    assert found["MailFromDomainAttributes"] == {
        SHOP: {
            "MailFromDomain": host,
            "MailFromDomainStatus": "Success",
            "BehaviorOnMXFailure": "RejectMessage",
        }
    }
    await domains.now.v2("PutEmailIdentityMailFromAttributes", EmailIdentity=SHOP)
    await check_no_mail_from(domains)


@pytest.mark.parametrize("domain", ["shop.example", "other.example", "myshop.example", "not a domain"])
async def test_a_mail_from_domain_is_below_the_identity(domains: Domains, domain: str) -> None:
    await create(domains)
    error = await domains.client.refusal_v2(
        "PutEmailIdentityMailFromAttributes", EmailIdentity=SHOP, MailFromDomain=domain
    )
    assert error.code == "BadRequestException"


async def test_a_deleted_identity_leaves_nothing_to_check_or_to_find(domains: Domains) -> None:
    tokens = await create(domains)
    domains.publish_dkim(SHOP, tokens)
    await domains.check()
    await domains.now.v2("DeleteEmailIdentity", EmailIdentity=SHOP)
    assert await create(domains) != tokens
    assert await domains.dkim_status(SHOP) == "PENDING"
