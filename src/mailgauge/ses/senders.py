"""What the identity that a message is sent from gives to it: the key that signs it, and where its bounces go."""

from mailgauge.ses import arns, dkim, identities, mail_from
from mailgauge.ses.dkim import Dkim
from mailgauge.ses.identities import Identity
from mailgauge.ses.plan import Sender
from mailgauge.store.transaction import Tx


def find(tx: Tx, arn: str | None) -> Sender:
    """By the identity's ARN. One that is gone meanwhile gives nothing."""
    identity = _identity(tx, arn)
    if identity is None:
        return Sender()
    key = dkim.signing_key(tx, identity)
    custom = mail_from.in_force(tx, identity)
    return Sender(
        key=key,
        wants_key=key is None and dkim.without_key(tx, identity) is not None,
        return_domain=custom.domain if custom is not None and custom.is_proven else "",
    )


def without_key(tx: Tx, arn: str | None) -> tuple[Identity, Dkim] | None:
    """The domain whose key would sign the mail of this identity, if it had one."""
    identity = _identity(tx, arn)
    return None if identity is None else dkim.without_key(tx, identity)


def _identity(tx: Tx, arn: str | None) -> Identity | None:
    parsed = arns.parse(arn or "")
    if parsed is None:
        return None
    scope, _, name = parsed
    return identities.find(tx, scope, name)
