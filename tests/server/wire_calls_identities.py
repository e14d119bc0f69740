"""How every operation that makes, shows and removes identities is called over the wire, and how it fails."""

from typing import Any

from tests.server.wire import LOOKED_UP, Call, Fails, Operation, Table, Works, many

ADDRESS, DOMAIN = "me@example.com", "example.com"
MADE_ADDRESS = Call("ses.VerifyEmailIdentity", {"EmailAddress": ADDRESS})
MADE_DOMAIN = Call("ses.VerifyDomainIdentity", {"Domain": DOMAIN})
V2_ADDRESS = Call("sesv2.CreateEmailIdentity", {"EmailIdentity": ADDRESS})
V2_DOMAIN = Call("sesv2.CreateEmailIdentity", {"EmailIdentity": DOMAIN})
MISSING = {"EmailIdentity": "missing@example.com"}
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"},'
    ' "Action": "ses:SendEmail", "Resource": "arn:aws:ses:us-east-1:(account):identity/me@example.com"}]}'
)
_V1_POLICY = {"Identity": ADDRESS, "PolicyName": "partner"}
_V2_POLICY = {"EmailIdentity": ADDRESS, "PolicyName": "partner"}
_PUT = Call("ses.PutIdentityPolicy", {**_V1_POLICY, "Policy": POLICY})
_POLICIES = Call("sesv2.GetEmailIdentityPolicies", {"EmailIdentity": ADDRESS})
_TWENTY = [
    Call("ses.PutIdentityPolicy", {"Identity": ADDRESS, "PolicyName": f"p{n}", "Policy": POLICY})
    for n in range(20)
]
_SET = {"ConfigurationSetName": "news"}


def _verified(name: str) -> tuple[Call, Any]:
    return (
        Call("ses.GetIdentityVerificationAttributes", {"Identities": [name]}),
        {"VerificationAttributes": {name: {"VerificationStatus": "Success"}}},
    )


def _no_policy() -> tuple[Call, Any]:
    return _POLICIES, lambda answer: answer["Policies"] == {}


_V1: Table = {
    "ses.VerifyEmailIdentity": Operation(Works({"EmailAddress": ADDRESS}, then=[_verified(ADDRESS)])),
    "ses.VerifyEmailAddress": Operation(Works({"EmailAddress": ADDRESS}, then=[_verified(ADDRESS)])),
    "ses.VerifyDomainIdentity": Operation(
        Works({"Domain": DOMAIN}, {"VerificationToken": str}, then=[_verified(DOMAIN)])
    ),
    "ses.VerifyDomainDkim": Operation(
        Works({"Domain": DOMAIN}, {"DkimTokens": [str, str, str]}, then=[_verified(DOMAIN)])
    ),
    "ses.GetIdentityVerificationAttributes": Operation(
        Works(
            {"Identities": [DOMAIN, "missing.example"]},
            {"VerificationAttributes": lambda found: [*found] == [DOMAIN]},
            [MADE_DOMAIN],
        )
    ),
    "ses.ListIdentities": Operation(
        Works({"IdentityType": "Domain"}, {"Identities": [DOMAIN]}, [MADE_ADDRESS, MADE_DOMAIN])
    ),
    "ses.ListVerifiedEmailAddresses": Operation(
        Works(answer={"VerifiedEmailAddresses": [ADDRESS]}, given=[MADE_ADDRESS, MADE_DOMAIN])
    ),
    "ses.DeleteIdentity": Operation(
        Works(
            {"Identity": DOMAIN}, given=[MADE_DOMAIN], then=[(Call("ses.ListIdentities"), {"Identities": []})]
        )
    ),
    "ses.DeleteVerifiedEmailAddress": Operation(
        Works(
            {"EmailAddress": ADDRESS},
            given=[MADE_ADDRESS],
            then=[(Call("ses.ListIdentities"), {"Identities": []})],
        )
    ),
    "ses.PutIdentityPolicy": Operation(
        Works(
            {**_V1_POLICY, "Policy": POLICY},
            given=[MADE_ADDRESS],
            then=[(_POLICIES, {"Policies": {"partner": POLICY}})],
        ),
        InvalidPolicyException=Fails({**_V1_POLICY, "Policy": "no policy"}, [MADE_ADDRESS]),
    ),
    "ses.GetIdentityPolicies": Operation(
        Works(
            {"Identity": ADDRESS, "PolicyNames": ["partner", "missing"]},
            {"Policies": {"partner": POLICY}},
            [MADE_ADDRESS, _PUT],
        )
    ),
    "ses.ListIdentityPolicies": Operation(
        Works({"Identity": ADDRESS}, {"PolicyNames": ["partner"]}, [MADE_ADDRESS, _PUT])
    ),
    "ses.DeleteIdentityPolicy": Operation(
        Works(_V1_POLICY, given=[MADE_ADDRESS, _PUT], then=[_no_policy()]),
    ),
}

_V2: Table = {
    "sesv2.CreateEmailIdentity": Operation(
        Works(
            {"EmailIdentity": DOMAIN, "Tags": [{"Key": "team", "Value": "post"}]},
            {
                "IdentityType": "DOMAIN",
                "VerifiedForSendingStatus": True,
                "DkimAttributes": {"Tokens": [str, str, str]},
            },
            then=[(Call("sesv2.ListEmailIdentities"), {"EmailIdentities": [{"IdentityName": DOMAIN}]})],
        ),
        AlreadyExistsException=Fails({"EmailIdentity": ADDRESS}, [V2_ADDRESS]),
        LimitExceededException=Fails({"EmailIdentity": DOMAIN}, [V2_ADDRESS, many("identity", 10_000)]),
        BadRequestException=Fails({"EmailIdentity": "no identity"}),
        NotFoundException=Fails({"EmailIdentity": DOMAIN, "ConfigurationSetName": "missing"}),
    ),
    "sesv2.GetEmailIdentity": Operation(
        Works(
            {"EmailIdentity": ADDRESS},
            {
                "IdentityType": "EMAIL_ADDRESS",
                "FeedbackForwardingStatus": True,
                "VerifiedForSendingStatus": True,
                "VerificationStatus": "SUCCESS",
            },
            [V2_ADDRESS],
        ),
        NotFoundException=Fails(MISSING, text="missing@example.com"),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.ListEmailIdentities": Operation(
        Works(
            answer={"EmailIdentities": [{"IdentityName": DOMAIN}, {"IdentityName": ADDRESS}]},
            given=[V2_ADDRESS, V2_DOMAIN],
        ),
        BadRequestException=Fails({"NextToken": "not a token"}),
    ),
    "sesv2.DeleteEmailIdentity": Operation(
        Works(
            {"EmailIdentity": ADDRESS},
            given=[V2_ADDRESS],
            then=[(Call("sesv2.ListEmailIdentities"), {"EmailIdentities": []})],
        ),
        NotFoundException=Fails(MISSING),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.PutEmailIdentityConfigurationSetAttributes": Operation(
        Works(
            {"EmailIdentity": ADDRESS, **_SET},
            given=[V2_ADDRESS, Call("sesv2.CreateConfigurationSet", _SET)],
            then=[(Call("sesv2.GetEmailIdentity", {"EmailIdentity": ADDRESS}), _SET)],
        ),
        NotFoundException=Fails({"EmailIdentity": ADDRESS, **_SET}, [V2_ADDRESS]),
        BadRequestException=Fails({"EmailIdentity": ADDRESS, "ConfigurationSetName": "a b"}, [V2_ADDRESS]),
    ),
    "sesv2.CreateEmailIdentityPolicy": Operation(
        Works(
            {**_V2_POLICY, "Policy": POLICY},
            given=[V2_ADDRESS],
            then=[(_POLICIES, {"Policies": {"partner": POLICY}})],
        ),
        NotFoundException=Fails({**_V2_POLICY, "Policy": POLICY}),
        AlreadyExistsException=Fails({**_V2_POLICY, "Policy": POLICY}, [V2_ADDRESS, _PUT]),
        LimitExceededException=Fails({**_V2_POLICY, "Policy": POLICY}, [V2_ADDRESS, *_TWENTY]),
        BadRequestException=Fails({**_V2_POLICY, "Policy": "no policy"}, [V2_ADDRESS]),
    ),
    "sesv2.UpdateEmailIdentityPolicy": Operation(
        Works(
            {**_V2_POLICY, "Policy": POLICY.replace("111122223333", "444455556666")},
            given=[V2_ADDRESS, _PUT],
            then=[(_POLICIES, {"Policies": {"partner": lambda text: "444455556666" in text}})],
        ),
        NotFoundException=Fails({**_V2_POLICY, "Policy": POLICY}, [V2_ADDRESS]),
        BadRequestException=Fails({**_V2_POLICY, "Policy": "no policy"}, [V2_ADDRESS, _PUT]),
    ),
    "sesv2.GetEmailIdentityPolicies": Operation(
        Works({"EmailIdentity": ADDRESS}, {"Policies": {"partner": POLICY}}, [V2_ADDRESS, _PUT]),
        NotFoundException=Fails(MISSING),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.DeleteEmailIdentityPolicy": Operation(
        Works(_V2_POLICY, given=[V2_ADDRESS, _PUT], then=[_no_policy()]),
        NotFoundException=Fails(_V2_POLICY),
        BadRequestException=Fails({**_V2_POLICY, "PolicyName": "p" * 65}, [V2_ADDRESS]),
    ),
}

IDENTITIES: Table = {**_V1, **_V2}
