"""The Feedback-ID field, by which mailbox providers tell complaints and delivery apart for a sender (Gmail's "Feedback Loop"). Pure.

Four parts, of which the last names who sends: ``A:B:ACCOUNT:SERVICE``. The first two are the sender's, by the message tags
``ses:feedback-id-a`` and ``ses:feedback-id-b``.
"""

import re

from mailgauge.events.facts import Facts

TAGS = ("ses:feedback-id-a", "ses:feedback-id-b")
# Tags of a header field may be anything; here they must not end a part or the field.
_UNFIT = re.compile(r"[^A-Za-z0-9_.@-]+")
# What Gmail allows the last part.
_LONGEST_NAME = 15


def value(facts: Facts, service: str) -> str:
    """``service`` is the name of the service."""
    own = [_fit(next(iter(facts.tags.get(tag, [])), "")) for tag in TAGS]
    return ":".join([*own, facts.account, _fit(service)[:_LONGEST_NAME]])


def _fit(text: str) -> str:
    return _UNFIT.sub("", text)
