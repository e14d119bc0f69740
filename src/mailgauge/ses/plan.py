"""What the prepare stage is told of a message, as one value: all that its steps depend on besides facts and content. Pure.

``planning`` looks it up in the transaction that leases the message, ``prepare`` carries it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailgauge.ses.list_management import Managed
from mailgauge.tracking import rewriting


@dataclass(frozen=True, slots=True)
class Plan:
    """``listed`` is who is on the account's suppression list and for which reason, ``managed`` what its contact list asks for,
    ``tracked`` what counts its opens and clicks.

    Nothing is planned for mail of the service itself.
    """

    listed: Mapping[str, str] = field(default_factory=dict)
    managed: Managed = field(default_factory=Managed)
    tracked: rewriting.Plan | None = None
