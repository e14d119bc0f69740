"""Contact lists and contacts: ``sesv2/CreateContactList``, ``CreateContact``, ``ListContacts`` and their siblings."""

from collections.abc import Iterable
from typing import Any

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.ses import contact_lists, contacts, resource_tags
from mailgauge.ses.api import paging
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.api.v2.resource_tags import parse_tags, tag_list
from mailgauge.ses.contact_lists import ContactList, Status, Topic
from mailgauge.ses.contacts import Contact, Filter
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.store.transaction import Lane, Store, Tx

_SLICE = 1000
"""Contacts that one transaction deletes with their list."""


def contact_operations(parts: Parts) -> dict[str, Handler]:
    lists, people = _ContactLists(parts), _Contacts(parts.store)
    return {
        "CreateContactList": lists.create,
        "GetContactList": lists.get,
        "ListContactLists": lists.list,
        "UpdateContactList": lists.update,
        "DeleteContactList": lists.delete,
        "CreateContact": people.create,
        "GetContact": people.get,
        "ListContacts": people.list,
        "UpdateContact": people.update,
        "DeleteContact": people.delete,
    }


class _ContactLists:
    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._limits = parts.limits

    async def create(self, caller: Caller, params: Params) -> Result:
        topics, tags = _topics(params), parse_tags(params)
        await self._store.write(
            lambda tx: contact_lists.create(
                tx,
                caller.scope,
                params["ContactListName"],
                caller.now,
                description=params.get("Description"),
                topics=topics,
                tags=tags,
                limits=self._limits,
            )
        )
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        def look(tx: Tx) -> tuple[ContactList, dict[str, str]]:
            found = contact_lists.get(tx, caller.scope, params["ContactListName"])
            return found, resource_tags.of(tx, caller.scope, found.resource)

        found, tags = await self._store.read(look)
        return {
            "ContactListName": found.name,
            "Topics": [_describe_topic(each) for each in found.topics],
            **({} if found.description is None else {"Description": found.description}),
            "CreatedTimestamp": timestamp(found.created),
            "LastUpdatedTimestamp": timestamp(found.updated),
            "Tags": tag_list(tags),
        }

    async def list(self, caller: Caller, params: Params) -> Result:
        after, limit = paging.after(params.get("NextToken")), paging.size(params.get("PageSize"))
        found = await self._store.read(lambda tx: contact_lists.page(tx, caller.scope, after, limit + 1))
        shown, more = paging.page(found, limit, lambda each: each.name)
        summaries = [
            {"ContactListName": each.name, "LastUpdatedTimestamp": timestamp(each.updated)} for each in shown
        ]
        return {"ContactLists": summaries, **more}

    async def update(self, caller: Caller, params: Params) -> Result:
        topics = _topics(params)
        await self._store.write(
            lambda tx: contact_lists.replace(
                tx,
                caller.scope,
                params["ContactListName"],
                caller.now,
                description=params.get("Description"),
                topics=topics,
                limits=self._limits,
            )
        )
        return {}

    async def delete(self, caller: Caller, params: Params) -> Result:
        name = params["ContactListName"]
        while not await self._store.write(
            lambda tx: contact_lists.empty(tx, caller.scope, name, _SLICE), Lane.BACKGROUND
        ):
            pass
        await self._store.write(lambda tx: contact_lists.delete(tx, caller.scope, name))
        return {}


class _Contacts:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, caller: Caller, params: Params) -> Result:
        contact = Contact(
            address=params["EmailAddress"],
            created=caller.now,
            updated=caller.now,
            unsubscribe_all=bool(params.get("UnsubscribeAll")),
            preferences=_preferences(params),
            attributes=params.get("AttributesData"),
        )
        await self._store.write(
            lambda tx: contacts.create(tx, caller.scope, params["ContactListName"], contact)
        )
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        found, contact = await self._store.read(
            lambda tx: contacts.get(tx, caller.scope, params["ContactListName"], params["EmailAddress"])
        )
        return {
            "ContactListName": found.name,
            **_summary(found, contact),
            **({} if contact.attributes is None else {"AttributesData": contact.attributes}),
            "CreatedTimestamp": timestamp(contact.created),
        }

    async def list(self, caller: Caller, params: Params) -> Result:
        after, limit = paging.after(params.get("NextToken")), paging.size(params.get("PageSize"))
        wanted = _filter(params.get("Filter") or {})
        found, people = await self._store.read(
            lambda tx: contacts.page(
                tx, caller.scope, params["ContactListName"], after, limit + 1, wanted=wanted
            )
        )
        shown, more = paging.page(people, limit, lambda each: each.address.lower())
        return {"Contacts": [_summary(found, each) for each in shown], **more}

    async def update(self, caller: Caller, params: Params) -> Result:
        preferences = _preferences(params)
        await self._store.write(
            lambda tx: contacts.update(
                tx,
                caller.scope,
                params["ContactListName"],
                params["EmailAddress"],
                caller.now,
                preferences=preferences,
                unsubscribe_all=params.get("UnsubscribeAll"),
                attributes=params.get("AttributesData"),
            )
        )
        return {}

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._store.write(
            lambda tx: contacts.delete(tx, caller.scope, params["ContactListName"], params["EmailAddress"])
        )
        return {}


def _topics(params: Params) -> tuple[Topic, ...]:
    return tuple(
        Topic(
            each["TopicName"],
            each["DisplayName"],
            Status(each["DefaultSubscriptionStatus"]),
            each.get("Description"),
        )
        for each in params.get("Topics") or ()
    )


def _describe_topic(topic: Topic) -> dict[str, Any]:
    return {
        "TopicName": topic.name,
        "DisplayName": topic.display_name,
        **({} if topic.description is None else {"Description": topic.description}),
        "DefaultSubscriptionStatus": topic.default.value,
    }


def _preferences(params: Params) -> dict[str, Status]:
    given = params.get("TopicPreferences") or ()
    preferences = {each["TopicName"]: Status(each["SubscriptionStatus"]) for each in given}
    if len(preferences) < len(given):
        raise InvalidParameterError("A topic can't have more than one preference.")
    return preferences


def _filter(given: dict[str, Any]) -> Filter:
    status, topic = given.get("FilteredStatus"), given.get("TopicFilter") or {}
    return Filter(
        None if status is None else Status(status),
        topic.get("TopicName"),
        bool(topic.get("UseDefaultIfPreferenceUnavailable")),
    )


def _summary(found: ContactList, contact: Contact) -> Result:
    return {
        "EmailAddress": contact.address,
        "TopicPreferences": _stated(contact.preferences.items()),
        "TopicDefaultPreferences": _stated((each.name, each.default) for each in found.topics),
        "UnsubscribeAll": contact.unsubscribe_all,
        "LastUpdatedTimestamp": timestamp(contact.updated),
    }


def _stated(preferences: Iterable[tuple[str, Status]]) -> list[dict[str, str]]:
    return [{"TopicName": topic, "SubscriptionStatus": status.value} for topic, status in preferences]
