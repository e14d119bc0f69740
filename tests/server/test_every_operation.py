"""Every operation that is answered, called by the real client over HTTP: what it does, and each error its model lists.

An operation that is added fails here until a table of ``wire_calls_*`` says how it is called and how it fails.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.service import running
from tests.server.room import Room
from tests.server.wire import (
    CONFIGURATIONS,
    REASONS,
    Call,
    Clients,
    Fails,
    Operation,
    Table,
    World,
    modelled_errors,
    see,
    status_of,
)
from tests.server.wire_calls_cloudwatch import CLOUDWATCH
from tests.server.wire_calls_contacts import CONTACTS
from tests.server.wire_calls_custom_verification import CUSTOM_VERIFICATION
from tests.server.wire_calls_identities import IDENTITIES
from tests.server.wire_calls_identity_settings import IDENTITY_SETTINGS
from tests.server.wire_calls_ip_pools import IP_POOLS
from tests.server.wire_calls_sending import SENDING
from tests.server.wire_calls_sets_v1 import SETS_V1
from tests.server.wire_calls_sets_v2 import SETS_V2
from tests.server.wire_calls_sns import SNS
from tests.server.wire_calls_sqs import SQS
from tests.server.wire_calls_templates import TEMPLATES

pytestmark = pytest.mark.scenario

_TABLES = (
    CLOUDWATCH,
    CONTACTS,
    CUSTOM_VERIFICATION,
    IDENTITIES,
    IDENTITY_SETTINGS,
    IP_POOLS,
    SENDING,
    SETS_V1,
    SETS_V2,
    SNS,
    SQS,
    TEMPLATES,
)
TABLE: Table = {name: operation for table in _TABLES for name, operation in table.items()}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Clients]]:
    """Services by the name of their configuration, started when they are asked for."""
    with ExitStack() as stack:
        yield _Services(tmp_path_factory.mktemp("services"), stack)


class _Services(dict[str, Clients]):
    def __init__(self, path: Path, stack: ExitStack) -> None:
        super().__init__()
        self._path = path
        self._stack = stack

    def __missing__(self, name: str) -> Clients:
        options = self._path / f"{name}.toml"
        options.write_text(CONFIGURATIONS[name])
        service = self._stack.enter_context(running(self._path / name, "--config", str(options)))
        self[name] = Clients(service)
        self._stack.callback(self[name].close)
        return self[name]


def test_each_operation_that_is_answered_is_in_the_tables(bare_room: Room) -> None:
    there = {f"{service}.{name}" for service, table in bare_room.operations.items() for name in table}
    assert there - TABLE.keys() == set(), "say in wire_calls_*.py how these are called"
    assert TABLE.keys() - there == set()
    assert len(TABLE) == sum(map(len, _TABLES)), "in two tables"


@pytest.mark.parametrize(("name", "operation"), TABLE.items(), ids=TABLE)
def test_each_modelled_error_is_met_or_explained(name: str, operation: Operation) -> None:
    assert operation.works
    known = modelled_errors(name)
    general = {shape for shape in known if (name.partition(".")[0], shape) in REASONS}
    assert known.keys() - operation.errors.keys() - general == set(), "neither provoked nor explained"
    assert operation.errors.keys() - known.keys() == set(), "not in the model"


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, number) for name, operation in TABLE.items() for number in range(len(operation.works))],
)
def test_it_works(services: dict[str, Clients], name: str, number: int) -> None:
    works = TABLE[name].works[number]
    world = World(services[works.on])
    world.do(works.given)
    see(world, Call(name, works.parameters), works.answer, soon=works.soon)
    for call, expected in works.then:
        see(world, call, expected)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        (name, shape)
        for name, operation in TABLE.items()
        for shape, case in operation.errors.items()
        if isinstance(case, Fails)
    ],
)
def test_it_fails(services: dict[str, Clients], name: str, shape: str) -> None:
    case = TABLE[name].errors[shape]
    assert isinstance(case, Fails)
    world = World(services[case.on])
    world.do(case.given)
    with pytest.raises(ClientError) as caught:
        world.call(Call(name, case.parameters), unchecked=case.unchecked)
    response = caught.value.response
    assert world.is_a(caught.value, name, shape), caught.value
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status_of(modelled_errors(name)[shape])
    assert case.text in response["Error"].get("Message", "")
    members = modelled_errors(name)[shape].members.keys() - {"message", "Message"}
    assert {member for member in members if not response.get(member)} == set(), "members without a value"
