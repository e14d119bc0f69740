"""Identities and what is set on them, written through one API and read through the other."""

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.server.both_apis import (
    ADDRESS,
    ADDRESS_1,
    ADDRESS_2,
    DOMAIN,
    DOMAIN_1,
    DOMAIN_2,
    IDENTITY,
    MAILBOX,
    TOPICS,
    Case,
    v1,
    v2,
)
from tests.server.wire_calls_identities import POLICY

KEY = base64.b64encode(
    rsa.generate_private_key(65537, 1024).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
).decode()

IDENTITIES = {
    "a domain from v1": Case(DOMAIN, [DOMAIN_1], {"status": "SUCCESS", "forwards": True, "policies": {}}),
    "a domain from v2": Case(
        DOMAIN, [DOMAIN_2], {"status": "SUCCESS", "tokens": [str, str, str], "signs": True}
    ),
    "an address from v1": Case(MAILBOX, [ADDRESS_1], {"status": "SUCCESS", "tokens": []}),
    "an address from v2": Case(MAILBOX, [ADDRESS_2], {"status": "SUCCESS", "tokens": []}),
    "an address of a domain that signs": Case(
        MAILBOX, [DOMAIN_2, ADDRESS_1], {"signs": True, "tokens": [str, str, str]}
    ),
    "DKIM tokens from v1": Case(
        DOMAIN, [v1("VerifyDomainDkim", Domain=IDENTITY)], {"tokens": [str, str, str], "signs": True}
    ),
    "DKIM switched off by v1": Case(
        DOMAIN,
        [DOMAIN_2, v1("SetIdentityDkimEnabled", Identity=IDENTITY, DkimEnabled=False)],
        {"signs": False},
    ),
    "DKIM switched off by v2": Case(
        DOMAIN,
        [
            v1("VerifyDomainDkim", Domain=IDENTITY),
            v2("PutEmailIdentityDkimAttributes", EmailIdentity=IDENTITY, SigningEnabled=False),
        ],
        {"signs": False},
    ),
    "DKIM of an address switched off by v1": Case(
        MAILBOX,
        [DOMAIN_2, ADDRESS_2, v1("SetIdentityDkimEnabled", Identity=ADDRESS, DkimEnabled=False)],
        {"signs": False},
    ),
    "a DKIM key of the owner's": Case(
        DOMAIN,
        [
            DOMAIN_1,
            v2(
                "PutEmailIdentityDkimSigningAttributes",
                EmailIdentity=IDENTITY,
                SigningAttributesOrigin="EXTERNAL",
                SigningAttributes={"DomainSigningSelector": "own", "DomainSigningPrivateKey": KEY},
            ),
        ],
        {"signs": True, "tokens": ["own"]},
    ),
    "Easy DKIM in place of the owner's key": Case(
        DOMAIN,
        [
            v2(
                "CreateEmailIdentity",
                EmailIdentity=IDENTITY,
                DkimSigningAttributes={"DomainSigningSelector": "own", "DomainSigningPrivateKey": KEY},
            ),
            v1("VerifyDomainDkim", Domain=IDENTITY),
        ],
        {"signs": True, "tokens": [str, str, str]},
    ),
    "MAIL FROM from v1": Case(
        DOMAIN,
        [
            DOMAIN_2,
            v1(
                "SetIdentityMailFromDomain",
                Identity=IDENTITY,
                MailFromDomain="bounce.example.com",
                BehaviorOnMXFailure="RejectMessage",
            ),
        ],
        {"MAIL FROM": "bounce.example.com", "MAIL FROM status": "SUCCESS", "without MX": "REJECT_MESSAGE"},
    ),
    "MAIL FROM from v2": Case(
        DOMAIN,
        [
            DOMAIN_1,
            v2(
                "PutEmailIdentityMailFromAttributes",
                EmailIdentity=IDENTITY,
                MailFromDomain="bounce.example.com",
            ),
        ],
        {"MAIL FROM": "bounce.example.com", "without MX": "USE_DEFAULT_VALUE"},
    ),
    "MAIL FROM removed by the other": Case(
        DOMAIN,
        [
            DOMAIN_1,
            v2(
                "PutEmailIdentityMailFromAttributes",
                EmailIdentity=IDENTITY,
                MailFromDomain="bounce.example.com",
            ),
            v1("SetIdentityMailFromDomain", Identity=IDENTITY),
        ],
        {"MAIL FROM": None},
    ),
    "forwarding switched off by v1": Case(
        DOMAIN,
        [
            DOMAIN_2,
            *TOPICS,
            v1("SetIdentityFeedbackForwardingEnabled", Identity=IDENTITY, ForwardingEnabled=False),
        ],
        {"forwards": False},
    ),
    "forwarding switched off by v2": Case(
        DOMAIN,
        [
            DOMAIN_1,
            v2("PutEmailIdentityFeedbackAttributes", EmailIdentity=IDENTITY, EmailForwardingEnabled=False),
        ],
        {"forwards": False},
    ),
    "a policy from v1": Case(
        MAILBOX,
        [ADDRESS_2, v1("PutIdentityPolicy", Identity=ADDRESS, PolicyName="partner", Policy=POLICY)],
        {"policies": {"partner": POLICY}},
    ),
    "a policy from v2": Case(
        MAILBOX,
        [
            ADDRESS_1,
            v2("CreateEmailIdentityPolicy", EmailIdentity=ADDRESS, PolicyName="partner", Policy=POLICY),
        ],
        {"policies": {"partner": POLICY}},
    ),
    "a policy removed by the other": Case(
        MAILBOX,
        [
            ADDRESS_1,
            v1("PutIdentityPolicy", Identity=ADDRESS, PolicyName="partner", Policy=POLICY),
            v2("DeleteEmailIdentityPolicy", EmailIdentity=ADDRESS, PolicyName="partner"),
        ],
        {"policies": lambda found: found == {}},
    ),
}
