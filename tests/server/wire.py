"""A real service and boto3's own clients for the tests of every operation, and the form their tables have.

A table says of each operation how it is called and what it then answers, and of each error that its model lists either
a call that meets it or why none can.
"""

import itertools
import json
import re
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from botocore.client import BaseClient
from botocore.config import Config
from botocore.model import ServiceModel, Shape
from botocore.session import Session

from mailgauge.aws.models import Models
from mailgauge.base.scope import Scope
from mailgauge.server.apis import DIALECTS
from tests.scenarios.service import Service

REGION = "us-east-1"
SERVICES = ("ses", "sesv2", "cloudwatch", "sts")
_accounts = itertools.count(100_000_000_001)

Expected: TypeAlias = Any
"""A part of an answer: members it has, values, types, and predicates."""


class Call(NamedTuple):
    """``ses.CreateTemplate`` with parameters, in which ``(account)``, ``(message)`` and ``(token)`` stand for themselves."""

    operation: str
    parameters: Mapping[str, Any] = {}


Step: TypeAlias = "Call | Callable[[World], None]"


@dataclass(frozen=True)
class Works:
    """A call that is answered, and what later looks then show. ``soon``: what follows the journal needs a moment.

    ``on`` names the service that it needs, among ``CONFIGURATIONS``.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    answer: Expected = field(default_factory=dict)
    given: Sequence[Step] = ()
    then: Sequence[tuple[Call, Expected]] = ()
    soon: bool = False
    on: str = "open"


@dataclass(frozen=True)
class Fails:
    """A call that meets an error. ``unchecked`` keeps the client from refusing it first."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    given: Sequence[Step] = ()
    text: str = ""
    on: str = "open"
    unchecked: bool = False


class Operation:
    """``errors`` are by the names of their shapes; a text says why none can occur."""

    def __init__(self, *works: Works, **errors: Fails | str) -> None:
        self.works = works
        self.errors = errors


Table: TypeAlias = dict[str, Operation]

CONFIGURATIONS = {
    "open": '[delivery]\naddresses = ["127.0.0.1", "127.0.0.2"]\n',
    "scarce": "[accounts]\nmax_24_hour_send = 2.0\n",
    "sandbox": "[accounts]\nsandbox = true\nmax_send_rate = 0\n",
    "proving": '[accounts]\nverification = "mail"\n[dns]\nresolvers = ["127.0.0.1:9"]\ntimeout = 0.1\n',
}

_OF_TOPICS = {
    "InternalError": "Says that the service has a defect.",
    "InvalidSecurity": "It is told as a failed signature, as elsewhere.",
    "StaleTag TagPolicy ConcurrentAccess": "Changes are made one after the other, and there are no tag policies.",
    "EndpointDisabled PlatformApplicationDisabled": "There is no mobile push.",
    "KMSDisabled KMSInvalidState KMSNotFound KMSThrottling KMSAccessDenied": "The name of a key is kept, and no key of KMS is used.",
    "ReplayLimitExceeded": "FIFO topics keep no archive to replay.",
    "FilterPolicyLimitExceeded SubscriptionLimitExceeded": "There is no limit on subscriptions.",
    "Validation": "Its code here is ValidationError, as recorded.",
}

_OF_QUEUES = {
    "RequestThrottled": "Calls are not limited in rate.",
    "InvalidSecurity": "Who has a certificate gets requests by TLS alone.",
    "KmsAccessDenied KmsDisabled KmsInvalidKeyUsage KmsInvalidState KmsNotFound KmsOptInRequired KmsThrottled": "The name of a key is kept, and no key of KMS is used.",
}

# Reasons that hold wherever an operation's own line says nothing else.
REASONS = {
    ("sesv2", "TooManyRequestsException"): "Only sends are limited in rate here.",
    ("sesv2", "ConcurrentModificationException"): "Changes are made one after the other: none meets another.",
    **{
        ("sns", f"{shape}Exception"): reason
        for shapes, reason in _OF_TOPICS.items()
        for shape in shapes.split()
    },
    **{("sqs", shape): reason for shapes, reason in _OF_QUEUES.items() for shape in shapes.split()},
    ("sns", "KMSOptInRequired"): "The name of a key is kept, and no key of KMS is used.",
    ("sesv2", "InternalServiceErrorException"): "Says that the service has a defect.",
    (
        "sesv2",
        "AccountSuspendedException",
    ): "Amazon suspends for ever; here sending is paused: SendingPausedException.",
    ("cloudwatch", "InternalServiceFault"): "Says that the service has a defect.",
    ("cloudwatch", "ConflictException"): "Changes are made one after the other: none meets another.",
    (
        "cloudwatch",
        "ConcurrentModificationException",
    ): "Changes are made one after the other: none meets another.",
}
LOOKED_UP = "Its names are only looked up, and one that nothing could have is not found."
ANYTHING = "Whatever the model allows in its parameters is taken."
BOOLEAN = "Beside a name that is looked up it takes a boolean, and clients send no other."


class World:
    """An account that nobody used before, on a running service."""

    def __init__(self, clients: "Clients") -> None:
        self._clients = clients
        self.account = str(next(_accounts))
        self.known = {"account": self.account}
        self.data = Path(clients.service.addresses["data"])

    @property
    def scope(self) -> Scope:
        return Scope(self.account, REGION)

    def call(self, call: Call, *, unchecked: bool = False) -> Any:
        self._clients.act_as(self.account)
        client, method = self._method(call.operation, unchecked=unchecked)
        answer = getattr(client, method)(**self.filled(call.parameters))
        answer.pop("ResponseMetadata")
        for name, member in (("message", "MessageId"), ("token", "NextToken")):
            if member in answer:
                self.known[name] = answer[member]
        return answer

    def do(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if isinstance(step, Call):
                self.call(step)
            else:
                step(self)

    def is_a(self, error: Exception, operation: str, shape: str) -> bool:
        """Whether the client tells it apart: ``except client.exceptions.AlreadyExistsException``."""
        return isinstance(error, getattr(self._method(operation)[0].exceptions, shape))

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self._clients.service.http}{path}", timeout=60) as answer:
            return bytes(answer.read())

    def post(self, path: str) -> None:
        """Presses the button of a page."""
        urllib.request.urlopen(f"{self._clients.service.http}{path}", data=b"", timeout=60).close()

    def _method(self, operation: str, *, unchecked: bool = False) -> tuple[BaseClient, str]:
        service, _, name = operation.partition(".")
        client = self._clients.of(service, unchecked=unchecked)
        return client, next(
            method for method, known in client.meta.method_to_api_mapping.items() if known == name
        )

    def filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(
                r"\((account|message|token|subscription|secret|theirs|handle)\)",
                lambda found: self.known[found[1]],
                value,
            )
        if isinstance(value, Mapping):
            return {name: self.filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return value


class Clients:
    """boto3's low-level clients of one service, made once; in ``local`` the access key id says which account it is."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._session = Session()
        self._session.set_credentials("000000000000", "secret")
        self._made: dict[tuple[str, bool], BaseClient] = {}

    def act_as(self, account: str) -> None:
        self._session.get_credentials().access_key = account

    def of(self, service: str, *, unchecked: bool = False) -> BaseClient:
        if (service, unchecked) not in self._made:
            self._made[service, unchecked] = self._session.create_client(
                service,
                region_name=REGION,
                endpoint_url=self.service.http,
                config=Config(retries={"total_max_attempts": 1}, parameter_validation=not unchecked),
            )
        return self._made[service, unchecked]

    def close(self) -> None:
        for client in self._made.values():
            client.close()


def holds(answer: Any, expected: Expected) -> bool:
    """Whether an answer has at least what is expected; lists have just that."""
    if isinstance(expected, type):
        return isinstance(answer, expected)
    if callable(expected):
        return bool(expected(answer))
    if isinstance(expected, Mapping):
        return isinstance(answer, Mapping) and all(
            name in answer and holds(answer[name], each) for name, each in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(answer, list) and len(answer) == len(expected) and all(map(holds, answer, expected))
    return bool(answer == expected)


def see(world: World, call: Call, expected: Expected, *, soon: bool = False) -> None:
    """Makes a call and holds the answer to what is expected."""
    deadline = time.monotonic() + 90 * soon
    expected = world.filled(expected)
    while not holds(answer := world.call(call), expected):
        assert time.monotonic() < deadline, f"{call.operation} answered {answer}, not {expected}"
        time.sleep(0.05)


def many(table: str, count: int) -> Callable[[World], None]:
    """Multiplies the account's only row of a table, for limits that are too far away for single calls."""

    def multiply(world: World) -> None:
        with closing(sqlite3.connect(world.data / "mail.db", timeout=60)) as database, database:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            made = ["name || '-' || n" if each == "name" else each for each in columns]
            database.execute(
                f"WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count - 1})"
                f" INSERT INTO {table} ({', '.join(columns)})"
                f" SELECT {', '.join(made)} FROM {table}, series WHERE scope = ?",
                (world.scope.key,),
            )

    return multiply


def verify_by_link(address: str) -> Callable[[World], None]:
    """Confirms by the link that was mailed to an address."""

    def verify(world: World) -> None:
        deadline = time.monotonic() + 90
        while True:
            messages = json.loads(world.get("/_aws/ses"))["messages"]
            mine = [each for each in messages if address in each["Destination"]["ToAddresses"]]
            links = [
                link
                for each in mine
                for link in re.findall(r"/_verify\?token=\S+", each["Body"]["text_part"])
            ]
            if links:
                break
            assert time.monotonic() < deadline, "no mail came"
            time.sleep(0.05)
        world.post(links[-1])

    return verify


@cache
def model(service: str) -> ServiceModel:
    return Models(dialects=DIALECTS).load(service).model


def modelled_errors(operation: str) -> dict[str, Shape]:
    """The error shapes of ``ses.CreateTemplate`` by name."""
    service, _, name = operation.partition(".")
    return {shape.name: shape for shape in model(service).operation_model(name).error_shapes}


def status_of(shape: Shape) -> int:
    return int(shape.metadata.get("error", {}).get("httpStatusCode", 400))
