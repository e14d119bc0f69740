"""What each simulated mailbox does, by its name (SES developer guide, "Using the mailbox simulator"). Pure: no sockets, no memory."""

from enum import StrEnum

from mailgauge.mail.status import Reply


class Act(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    COMPLAIN = "complain"
    """Accept, then report abuse to the return path (RFC 5965)."""
    AUTO_REPLY = "auto-reply"
    """Accept, then answer the return path (RFC 3834)."""
    DEFER = "defer"
    """Refuse for now, twice, then accept. Not one of SES's: for tests of delivery delays."""


ACCEPTED = Reply(250, "2.1.5", "Ok")
UNKNOWN_USER = Reply(550, "5.1.1", "user unknown")
TRY_LATER = Reply(451, "4.3.0", "try again later")
DEFERRALS = 2

# suppressionlist is answered by the sending side before any delivery; what gets here is refused as unknown.
_ACTS = {
    "success": Act.ACCEPT,
    "bounce": Act.REFUSE,
    "complaint": Act.COMPLAIN,
    "ooto": Act.AUTO_REPLY,
    "defer": Act.DEFER,
}


def outcome_of(local_part: str) -> Act:
    """What the mailbox does; a label (``bounce+x``) changes nothing. Names nobody knows are unknown users."""
    return _ACTS.get(local_part.partition("+")[0].lower(), Act.REFUSE)


def reply_to(act: Act, earlier_refusals: int) -> Reply:
    """The reply to RCPT TO."""
    if act is Act.REFUSE:
        return UNKNOWN_USER
    if act is Act.DEFER and earlier_refusals < DEFERRALS:
        return TRY_LATER
    return ACCEPTED
