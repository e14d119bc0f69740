"""Forgets a person: takes an address out of everything that is kept about mail to it. Metrics stay, they name nobody.

It works beside a running service, in short transactions. Mail that is still on its way is left until it has arrived, and
so are notifications of topics; what was put into queues belongs to the programs that read them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import partial

from mailgauge.delivery import erasure
from mailgauge.destinations import versions
from mailgauge.destinations.definitions import CloudWatchTarget
from mailgauge.events import journal
from mailgauge.events.entry import Entry
from mailgauge.events.erasure import Eraser
from mailgauge.events.facts import Facts
from mailgauge.mailbox import store as mailbox
from mailgauge.ses import contacts, feedback, suppression
from mailgauge.sns import dead_letters
from mailgauge.store.transaction import Lane, Store, Tx

_PAGE = 2000
_TOGETHER = 20
_LETTERS = 200


@dataclass(slots=True)
class Forgotten:
    """How much was erased. ``waiting`` are messages still on their way; ``refusals`` are suppressions and unsubscribed
    contacts that were kept, since they keep mail from being sent.
    """

    messages: int = 0
    entries: int = 0
    contents: int = 0
    attempts: int = 0
    captured: int = 0
    dead_letters: int = 0
    contacts: int = 0
    suppressions: int = 0
    refusals: int = 0
    waiting: list[str] = field(default_factory=list)

    def add(self, other: "Forgotten") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


async def forget(store: Store, address: str, *, refusals: bool = False) -> Forgotten:
    """``refusals`` are forgotten only where it is asked for."""
    done, eraser = Forgotten(), Eraser(address)
    after: bytes | None = b""
    while after is not None:
        found, after = await store.read(
            partial(journal.messages_naming, text=address, after=after, limit=_PAGE)
        )
        for some in _slices([each.message_id for each in found if eraser.concerns(each)]):
            done.add(await store.write(partial(_erase_messages, some=some, eraser=eraser), Lane.BACKGROUND))
    for keys in mailbox.slices(await store.read(partial(mailbox.keys_to, address=address))):
        await store.write(partial(mailbox.delete, some=keys), Lane.BACKGROUND)
        done.captured += len(keys)
    done.dead_letters = await _erase_dead_letters(store, eraser)
    done.add(await store.write(partial(_erase_settings, address=address, refusals=refusals), Lane.BACKGROUND))
    return done


async def _erase_dead_letters(store: Store, eraser: Eraser) -> int:
    """Events about the person that subscribers of topics were never told."""
    erased, after = 0, 0
    while True:
        found, following = await store.write(
            partial(dead_letters.erase, concerns=eraser.is_named_in, after=after, limit=_LETTERS),
            Lane.BACKGROUND,
        )
        erased += found
        if following is None:
            return erased
        after = following


def _slices(message_ids: list[str]) -> Iterator[list[str]]:
    return (message_ids[at : at + _TOGETHER] for at in range(0, len(message_ids), _TOGETHER))


def _erase_messages(tx: Tx, some: list[str], eraser: Eraser) -> Forgotten:
    done = Forgotten()
    for facts in journal.get_facts(tx, some).values():
        if erasure.is_waiting(tx, facts.message_id):
            done.waiting.append(facts.message_id)
        else:
            done.add(_erase_message(tx, facts, eraser))
    return done


def _erase_message(tx: Tx, facts: Facts, eraser: Eraser) -> Forgotten:
    instead = eraser.substitute(facts)
    entries = journal.of_message(tx, facts.message_id)
    journal.replace_facts(tx, eraser.facts(facts, _counted(tx, entries)))
    changed = 0
    for entry in entries:
        detail = eraser.detail(entry, instead)
        if detail != entry.detail:
            journal.replace_detail(tx, entry, detail)
            changed += 1
    feedback.rename(tx, facts.message_id, eraser.address, instead)
    return Forgotten(
        messages=1,
        entries=changed,
        contents=erasure.erase_content(tx, facts.message_id),
        attempts=erasure.edit_attempts(tx, facts.message_id, partial(eraser.words, instead=instead)),
    )


def _counted(tx: Tx, entries: list[Entry]) -> set[str]:
    """The tags and header fields, in lower case, that metrics of these entries have as dimensions."""
    in_force = versions.load(tx, {each.version for each in entries if each.version is not None})
    return {
        dimension.name.lower()
        for version in in_force.values()
        for destination in version.destinations
        if isinstance(destination.target, CloudWatchTarget)
        for dimension in destination.target.dimensions
    }


def _erase_settings(tx: Tx, address: str, *, refusals: bool) -> Forgotten:
    """Contacts and suppressions, in all accounts and Regions."""
    erased, kept = contacts.erase(tx, address, refusals=refusals)
    suppressed = suppression.count(tx, address)
    if refusals:
        suppression.erase(tx, address)
        return Forgotten(contacts=erased, suppressions=suppressed)
    return Forgotten(contacts=erased, refusals=kept + suppressed)
