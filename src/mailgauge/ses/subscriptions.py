"""Who gets mail of a contact list, and what happens when somebody changes that by a link: preferences and event at once."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.facts import Facts
from mailgauge.events.kinds import Kind
from mailgauge.ses import configuration_sets, contact_lists, contacts
from mailgauge.ses.contact_lists import ContactList, Status, TopicNotFoundError
from mailgauge.ses.contacts import Contact
from mailgauge.ses.list_management import Managed
from mailgauge.ses.unsubscribe_links import Claim, Links
from mailgauge.store.transaction import Tx

_EVENT_STATUS = {Status.OPT_IN: "OptIn", Status.OPT_OUT: "OptOut"}


class Source(StrEnum):
    """How a preference was changed, as the Subscription event tells it."""

    HEADER = "UnsubscribeHeader"
    PAGE = "UnsubscribeLink"


def admit(tx: Tx, scope: Scope, facts: Facts) -> None:
    """Takes recipients that are new into the list of their message. Raises ContactListNotFoundError, TopicNotFoundError."""
    if facts.contact_list is None:
        return
    found = contact_lists.get(tx, scope, facts.contact_list)
    if facts.topic is not None and found.topic(facts.topic) is None:
        raise TopicNotFoundError(facts.topic)
    for address in facts.destination:
        if contacts.find(tx, scope, found.name, address) is None:
            contact = Contact(address=address, created=facts.time, updated=facts.time)
            contacts.put(tx, scope, found.name, contact)


def managed(tx: Tx, facts: Facts, links: Links) -> Managed:
    """What a message of a list needs before it is sent. Only one with a single recipient can carry that one's link."""
    scope = Scope(facts.account, facts.region)
    found = None if facts.contact_list is None else contact_lists.find(tx, scope, facts.contact_list)
    if found is None:
        return Managed()
    known = {each: contacts.find(tx, scope, found.name, each) for each in facts.destination}
    opted_out = [each for each, contact in known.items() if contact and not contact.wants(found, facts.topic)]
    if len(facts.destination) > 1:
        return Managed(None, opted_out)
    claim = Claim(scope.key, found.name, facts.topic, facts.destination[0], facts.message_id)
    return Managed(links.url(claim), opted_out)


def look(tx: Tx, claim: Claim, now: float) -> tuple[ContactList, Contact]:
    """The list and the contact of a link, a new one where it was deleted. Raises ContactListNotFoundError."""
    found = contact_lists.get(tx, claim.scope, claim.contact_list)
    contact = contacts.find(tx, claim.scope, found.name, claim.address)
    return found, contact or Contact(address=claim.address, created=now, updated=now)


def unsubscribe(tx: Tx, claim: Claim, source: Source, now: float) -> None:
    """Opts out of the message's topic, or of the list where it had none. Raises ContactListNotFoundError."""
    found, old = look(tx, claim, now)
    if claim.topic is not None and found.topic(claim.topic) is not None:
        stated = {**old.preferences, claim.topic: Status.OPT_OUT}
        _change(tx, claim, found, old, replace(old, preferences=stated), source=source, now=now)
    else:
        unsubscribe_all(tx, claim, source, now)


def unsubscribe_all(tx: Tx, claim: Claim, source: Source, now: float) -> None:
    """Opts out of the list altogether. Raises ContactListNotFoundError."""
    found, old = look(tx, claim, now)
    _change(tx, claim, found, old, replace(old, unsubscribe_all=True), source=source, now=now)


def choose(tx: Tx, claim: Claim, wanted: Collection[str], now: float) -> None:
    """Opts in to these topics and out of the others; a default that is left alone stays one. Raises ContactListNotFoundError."""
    found, old = look(tx, claim, now)
    stated = dict(old.preferences)
    for topic in found.topics:
        status = Status.OPT_IN if topic.name in wanted else Status.OPT_OUT
        if status is not old.status(found, topic.name):
            stated[topic.name] = status
    subscribed = not found.topics or any(topic.name in wanted for topic in found.topics)
    if old.unsubscribe_all and not subscribed:
        # Nothing is chosen and nothing was: that is no wish about single topics.
        return
    new = replace(old, preferences=stated, unsubscribe_all=False)
    _change(tx, claim, found, old, new, source=Source.PAGE, now=now)


def _change(
    tx: Tx, claim: Claim, found: ContactList, old: Contact, new: Contact, *, source: Source, now: float
) -> None:
    """Once for each actual change, however often a link is used."""
    if old == new:
        return
    contacts.put(tx, claim.scope, found.name, replace(new, updated=now))
    facts = journal.get_facts(tx, [claim.message_id]).get(claim.message_id)
    if facts is None:
        # The message is older than what is kept, so nobody can be told which it was.
        return
    detail = {
        "contactList": found.name,
        "source": source.value,
        "newTopicPreferences": _described(found, new),
        "oldTopicPreferences": _described(found, old),
    }
    version = configuration_sets.version_in_force(tx, claim.scope, facts.configuration_set)
    journal.append(
        tx, Entry(round(now * 1000), claim.scope, Kind.SUBSCRIPTION, claim.message_id, version, 1, detail)
    )


def _described(found: ContactList, contact: Contact) -> dict[str, Any]:
    return {
        "unsubscribeAll": contact.unsubscribe_all,
        "topicSubscriptionStatus": _stated(contact.preferences),
        "topicDefaultSubscriptionStatus": _stated({each.name: each.default for each in found.topics}),
    }


def _stated(preferences: Mapping[str, Status]) -> list[dict[str, str]]:
    return [
        {"topicName": topic, "subscriptionStatus": _EVENT_STATUS[status]}
        for topic, status in preferences.items()
    ]
