"""Who may send as whom: the caller's own verified identities, or another account's whose policies allow it.

Source: "Using sending authorization" in the SES developer guide; the condition keys are those of "Sending authorization policies".
"""

from mailgauge.aws.policy_conditions import Values
from mailgauge.aws.request import Caller
from mailgauge.aws.resource_policy import Request
from mailgauge.events.facts import Facts
from mailgauge.iam.policies import denial
from mailgauge.mail.address import AddressError, parse_address_list
from mailgauge.ses import arns, identities, identity_policies, policy_language
from mailgauge.ses.composing import Composed
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.identities import Identity
from mailgauge.ses.refusals import NotAuthorizedError
from mailgauge.store.transaction import Tx


def senders(tx: Tx, caller: Caller, composed: Composed) -> dict[str, Identity | None]:
    """For each bare address that a message is sent from, the verified identity that covers it; None where there is none.

    Raises NotAuthorizedError, and InvalidParameterError for an ARN that names no identity of this Region.
    """
    return {address: _sender(tx, caller, composed, address) for address in composed.senders}


def _sender(tx: Tx, caller: Caller, composed: Composed, address: str) -> Identity | None:
    arn = composed.arns.get(address) or _of_source(composed, address)
    if arn is None:
        return identities.find_verified(tx, caller.scope, address)
    parsed = arns.parse(arn)
    if parsed is None or parsed[1] != arns.IDENTITY or parsed[0].region != caller.scope.region:
        raise InvalidParameterError(f"Invalid identity ARN <{arn}>.")
    owner, _, name = parsed
    if owner == caller.scope:
        return identities.find_verified(tx, caller.scope, address)
    identity = identities.find(tx, owner, name)
    if identity is None or not _allowed(tx, caller, identity, composed.facts):
        # Whether another account has an identity is nobody else's business.
        raise NotAuthorizedError(denial(caller.arn, "ses", composed.facts.operation, arn))
    covers = identity.name in identities.covering_names(address)
    return identity if identity.verified and covers else None


def _of_source(composed: Composed, address: str) -> str | None:
    """The ARN that another sender of the message came with, where its identity covers this address too."""
    return next(
        (
            arn
            for arn in composed.arns.values()
            if arn.partition("/")[2] in identities.covering_names(address)
        ),
        None,
    )


def _allowed(tx: Tx, caller: Caller, identity: Identity, facts: Facts) -> bool:
    policies = identity_policies.of(tx, identity).values()
    action = f"ses:{facts.operation}"
    request = Request(caller.scope.account, caller.arn, action, identity.arn, _keys(caller, facts))
    return policy_language.allows(policies, request)


def _keys(caller: Caller, facts: Facts) -> dict[str, Values]:
    names, addresses = _from(facts)
    return {
        "ses:recipients": tuple(facts.destination),
        "ses:fromaddress": addresses,
        "ses:fromdisplayname": names,
        "ses:feedbackaddress": (facts.return_path,) if facts.return_path else (),
        "aws:sourceip": (caller.source_ip,),
        "aws:securetransport": ("true" if caller.is_secure or caller.tls_version else "false",),
        "aws:currenttime": (str(caller.now),),
        "aws:epochtime": (str(caller.now),),
    }


def _from(facts: Facts) -> tuple[Values, Values]:
    """Display names and addresses of the From header."""
    try:
        found = [each for text in facts.common_headers.get("from", []) for each in parse_address_list(text)]
    except AddressError:
        return (), (facts.source,)
    return tuple(each.display_name for each in found if each.display_name), tuple(each.bare for each in found)
