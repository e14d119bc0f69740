"""What the prepare stage is told of a message, as one value: all that its steps depend on besides facts and content. Pure.

``planning`` looks it up in the transaction that leases the message, ``prepare`` carries it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailgauge.ses.dkim_keys import SigningKey
from mailgauge.ses.list_management import Managed
from mailgauge.tracking import rewriting


@dataclass(frozen=True, slots=True)
class Sender:
    """What the sending identity gives: the ``key`` of its domain, and a MAIL FROM domain or nothing as ``return_domain``.

    ``wants_key`` says that its domain would sign but has no key yet.
    """

    key: SigningKey | None = None
    wants_key: bool = False
    return_domain: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """``listed`` is who is on the account's suppression list and for which reason, ``managed`` what its contact list asks for,
    ``tracked`` what counts its opens and clicks.

    Nothing is planned for mail of the service itself.
    """

    listed: Mapping[str, str] = field(default_factory=dict)
    managed: Managed = field(default_factory=Managed)
    tracked: rewriting.Plan | None = None
    sender: Sender = field(default_factory=Sender)
