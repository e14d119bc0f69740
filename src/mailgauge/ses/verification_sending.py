"""Sends the mail of a custom verification template (ses/SendCustomVerificationEmail): as mail of the account, with its events."""

from dataclasses import dataclass

from mailgauge.aws.request import Caller
from mailgauge.mail.mime import SimpleMessage
from mailgauge.ses import custom_verification, identities
from mailgauge.ses.composing import Submission
from mailgauge.ses.custom_verification import VerificationTemplate
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.identities import Identity, IdentityType
from mailgauge.ses.identity_errors import NoProductionAccessError
from mailgauge.ses.sending import Call, Sending
from mailgauge.ses.verification import Mode, Verification
from mailgauge.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class VerificationSending:
    sending: Sending
    verification: Verification

    async def send(self, caller: Caller, address: str, name: str, configuration_set: str | None) -> str:
        """Adds an address to the identities, mails it the link, and returns the message id. Raises SesError."""
        if self.sending.policy.sandbox:
            raise NoProductionAccessError
        store = self.sending.store
        template = await store.read(lambda tx: _template(tx, caller, name))
        # What stands against the mail is said before there is an identity that waits for it.
        await self.sending.check(caller, Call([], configuration_set, None))
        identity = await store.write(lambda tx: self._begin(tx, caller, address))
        link = self.verification.link(identity, caller.now, template.name)
        submission = Submission(
            operation="SendCustomVerificationEmail",
            content=SimpleMessage(
                from_=template.from_address,
                to=[identity.name],
                subject=template.subject,
                html=custom_verification.html_with_link(template, link),
            ),
            max_size=self.sending.limits.message_bytes_v2,
            source=template.from_address,
            recipients=[identity.name],
            configuration_set=configuration_set,
        )
        return await self.sending.send(caller, submission)

    def _begin(self, tx: Tx, caller: Caller, address: str) -> Identity:
        name, kind = identities.normalise(address)
        if kind is not IdentityType.EMAIL_ADDRESS:
            raise InvalidParameterError(f"Invalid email address<{address}>.")
        identity = identities.ensure(tx, caller.scope, name, caller.now, self.sending.limits)
        if self.verification.mode is Mode.AUTOMATIC:
            return identities.mark_verified(tx, caller.scope, name, caller.now)
        return identity


def _template(tx: Tx, caller: Caller, name: str) -> VerificationTemplate:
    found = custom_verification.get(tx, caller.scope, name)
    custom_verification.check_sender(tx, caller.scope, found.from_address)
    return found
