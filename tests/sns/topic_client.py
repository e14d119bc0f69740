"""A caller of the operations of SNS that holds requests and replies to the service model."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Handler
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Wake
from mailgauge.sns import deliveries
from mailgauge.sns.api import sns_operations
from mailgauge.sns.deliveries import Delivery, Kind
from mailgauge.store.sqlite import SqliteStore

NOW = 1_750_000_000.0
HERE = Scope("111122223333", "us-east-1")
TOPIC = "arn:aws:sns:us-east-1:111122223333:news"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:readers"
ANONYMOUS = Scope("", "")


@dataclass(frozen=True, slots=True)
class Client:
    """Calls operations; what is sent and what comes back must fit botocore's model."""

    store: SqliteStore
    caller: Caller
    handlers: Mapping[str, Handler] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "handlers", sns_operations(self.store, Wake()))

    def by(self, scope: Scope = HERE, *, now: float | None = None) -> "Client":
        """The same service, called by somebody else or later."""
        return Client(self.store, replace(self.caller, scope=scope, now=now or self.caller.now))

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        model = _model().operation_model(operation)
        _require(params, model.input_shape)
        answer = await self.handlers[operation](self.caller, params)
        if model.output_shape is not None:
            _require(answer, model.output_shape)
        return answer

    async def refusal(self, operation: str, **params: Any) -> tuple[str, str]:
        """The code and the text."""
        with pytest.raises(AwsError) as refused:
            await self.call(operation, **params)
        return refused.value.code, refused.value.message or ""

    async def topic(self, name: str = "news", **attributes: str) -> str:
        return str((await self.call("CreateTopic", Name=name, Attributes=attributes))["TopicArn"])

    async def subscribe(
        self, topic: str = TOPIC, protocol: str = "sqs", endpoint: str = QUEUE, **attributes: str
    ) -> str:
        answer = await self.call(
            "Subscribe",
            TopicArn=topic,
            Protocol=protocol,
            Endpoint=endpoint,
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )
        return str(answer["SubscriptionArn"])

    async def attributes(self, topic: str = TOPIC) -> dict[str, str]:
        found: dict[str, str] = (await self.call("GetTopicAttributes", TopicArn=topic))["Attributes"]
        return found

    async def settings(self, subscription: str) -> dict[str, str]:
        answer = await self.call("GetSubscriptionAttributes", SubscriptionArn=subscription)
        found: dict[str, str] = answer["Attributes"]
        return found

    async def leased(self, *, limit: int = 1000) -> list[Delivery]:
        """What is to be delivered now; it stays leased."""
        now = self.caller.now
        return await self.store.write(
            lambda tx: deliveries.lease(tx, now=now, monotonic=0.0, hold=60.0, limit=limit)
        )

    async def notified(self) -> list[str]:
        """The bodies of the notifications that are to be delivered now."""
        return [each.body for each in await self.leased() if each.kind is Kind.Notification]

    async def token(self) -> str:
        """The one that the only endpoint was sent."""
        [delivery] = await self.leased()
        return delivery.token


def client_of(store: SqliteStore) -> Client:
    return Client(store, Caller(HERE, "root", "AKIDEXAMPLE", "192.0.2.1", None, "request", NOW))


@cache
def _model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("sns", "service-2"), "sns")


def _require(params: dict[str, Any], shape: Any) -> None:
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), report.generate_report()
