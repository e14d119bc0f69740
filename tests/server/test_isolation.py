"""Accounts and Regions share nothing: held for every operation there is, in both directions.

An operation that is added fails here until ``isolation_calls`` says how it reads or writes.
"""

import re
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.ids import new_message_id
from mailgauge.base.scope import Scope
from tests.server import isolation_calls_sqs
from tests.server.isolation_calls import (
    BY_TOKEN,
    CHANGE,
    EVERYWHERE,
    MAKE,
    MESSAGE,
    OF_ALL_REGIONS,
    STATELESS,
    UNSEEN,
    Call,
    reads,
)
from tests.server.isolation_calls_sns import TOKEN
from tests.server.room import HERE, Room

OTHER_ACCOUNT = Scope("999988887777", HERE.region)
OTHER_REGION = Scope(HERE.account, "eu-central-1")


async def answer(room: Room, scope: Scope, call: Call, message: str) -> Any:
    """The answer, or the refusal as a client would see it. ``message`` is the owner's, where one is asked for."""
    service, operation, parameters = call
    parameters = {name: message if value == MESSAGE else value for name, value in parameters.items()}
    try:
        return _without_chance(await room.call(service, operation, scope, **parameters))
    except AwsError as error:
        return error.code, (error.message or "").replace(message, MESSAGE)


def _without_chance(result: dict[str, Any]) -> dict[str, Any]:
    """A rendered message has an id of its own each time."""
    rendered = result.get("RenderedTemplate")
    if rendered is None:
        return result
    return {"RenderedTemplate": re.sub(r"(?i)^(message-id|date):.*\r\n", "", rendered, flags=re.MULTILINE)}


async def view(room: Room, scope: Scope, message: str) -> dict[str, Any]:
    """All that a scope can see."""
    await room.settle()
    looks = [call for call in [*reads(room.clock.now()), *STATELESS] if not is_shared(scope, call)]
    return {str(call): await answer(room, scope, call, message) for call in looks}


def is_shared(scope: Scope, call: Call) -> bool:
    """Whether it is about what the owner's other Regions have in common with his, or open to whoever has a token."""
    return (scope == OTHER_REGION and call[1] in OF_ALL_REGIONS) or call[1] in BY_TOKEN


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [
        f"{call}: {value!r} became {other[call]!r}" for call, value in one.items() if value != other[call]
    ]


async def switch_on(room: Room, scope: Scope) -> None:
    for service, operation, parameters in EVERYWHERE:
        await room.call(service, operation, scope, **parameters)


async def make(room: Room) -> str:
    """Everything there is; the id of a message among it."""
    await switch_on(room, HERE)
    for name in ("topic", "feedback"):
        await room.topic(name)
    await room.pending("topic", TOKEN)
    await isolation_calls_sqs.held(room)
    answers = [await room.call(service, operation, **parameters) for service, operation, parameters in MAKE]
    return next(str(each["MessageId"]) for each in answers if "MessageId" in each)


def test_every_operation_is_covered(bare_room: Room) -> None:
    there = {(service, name) for service, table in bare_room.operations.items() for name in table}
    covered = {
        (service, name) for service, name, _ in [*MAKE, *CHANGE, *reads(bare_room.clock.now()), *STATELESS]
    }
    assert there - covered == set(), "say in isolation_calls.py how these read or write"
    assert covered - there == set()


async def test_every_look_shows_the_owner_what_was_made_and_strangers_nothing_of_it(bare_room: Room) -> None:
    scopes = [HERE, OTHER_ACCOUNT, OTHER_REGION]
    for scope in scopes:
        await switch_on(bare_room, scope)
    nobodys = new_message_id(HERE.region, bare_room.clock.now())
    before = {scope: await view(bare_room, scope, nobodys) for scope in scopes}
    message = await make(bare_room)
    after = {scope: await view(bare_room, scope, message) for scope in scopes}
    for stranger in (OTHER_ACCOUNT, OTHER_REGION):
        assert differences(before[stranger], after[stranger]) == []
    unseen = [
        str(call)
        for call in reads(bare_room.clock.now())
        if before[HERE][str(call)] == after[HERE][str(call)]
    ]
    assert unseen == [], "these looks would not notice a leak either"


@pytest.mark.parametrize("stranger", [OTHER_ACCOUNT, OTHER_REGION], ids=["account", "region"])
async def test_no_write_of_a_stranger_changes_what_the_owner_sees(bare_room: Room, stranger: Scope) -> None:
    message = await make(bare_room)
    owned = await view(bare_room, HERE, message)
    # Aimed at what only the owner has, then at things of the same names that the stranger has made.
    for calls in (CHANGE, MAKE, CHANGE):
        for call in (each for each in calls if not is_shared(stranger, each)):
            await answer(bare_room, stranger, call, message)
            assert differences(owned, await view(bare_room, HERE, message)) == [], call


async def test_each_of_these_writes_would_be_seen(bare_room: Room) -> None:
    message = await make(bare_room)
    seen = await view(bare_room, HERE, message)
    for call in CHANGE:
        service, operation, parameters = call
        await bare_room.call(service, operation, **parameters)
        now = await view(bare_room, HERE, message)
        assert differences(seen, now) or (service == "ses" and operation in UNSEEN), call
        seen = now
