"""A caller of the control operations that holds requests and replies to the service models."""

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
from mailgauge.ses.account import Policy
from mailgauge.ses.api import v1, v2
from mailgauge.ses.api.parts import Parts

NOW = 1_750_000_000.0
#: Members that the models require and AWS leaves out where nothing is set.
LEFT_OUT = {"MailFromDomain", "MailFromDomainStatus", "BounceTopic", "ComplaintTopic", "DeliveryTopic"}


@dataclass(frozen=True, slots=True)
class Client:
    """Calls operations of both APIs; what is sent and what comes back must fit botocore's models."""

    parts: Parts
    caller: Caller
    handlers: Mapping[str, Mapping[str, Handler]] = field(init=False)

    def __post_init__(self) -> None:
        handlers = {"ses": v1.control_operations(self.parts), "sesv2": v2.control_operations(self.parts)}
        object.__setattr__(self, "handlers", handlers)

    async def v1(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self._call("ses", operation, params)

    async def v2(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self._call("sesv2", operation, params)

    async def refusal_v1(self, operation: str, **params: Any) -> AwsError:
        with pytest.raises(AwsError) as refused:
            await self._call("ses", operation, params)
        return refused.value

    async def refusal_v2(self, operation: str, **params: Any) -> AwsError:
        with pytest.raises(AwsError) as refused:
            await self._call("sesv2", operation, params)
        return refused.value

    def at(self, now: float, region: str = "us-east-1") -> "Client":
        scope = Scope(self.caller.scope.account, region)
        return Client(self.parts, replace(self.caller, now=now, scope=scope))

    def with_policy(self, policy: Policy) -> "Client":
        return Client(replace(self.parts, policy=policy), self.caller)

    async def _call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        model = service_model(service).operation_model(operation)
        _hold_to(model.input_shape, params)
        result = await self.handlers[service][operation](self.caller, params)
        _hold_to(model.output_shape, result)
        return result


@cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _hold_to(shape: Any, value: dict[str, Any]) -> None:
    if shape is None:
        assert value == {}
        return
    problems = ParamValidator().validate(value, shape).generate_report().splitlines()
    missing = {f'"{name}"' for name in LEFT_OUT}
    assert [each for each in problems if each.rpartition(" ")[2] not in missing] == []
    assert set(value) <= set(shape.members)
