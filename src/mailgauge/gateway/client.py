"""The in-process client: calls an operation by name, through the same steps as a request, without HTTP. For the console."""

from mailgauge.aws.errors import AwsError
from mailgauge.aws.models import Models
from mailgauge.aws.request import Caller, Params, Result
from mailgauge.gateway import validation
from mailgauge.gateway.operations import Services, authorize, find_handler
from mailgauge.iam.authentication import Identity
from mailgauge.iam.policies import Policy


class Client:
    def __init__(self, services: Services, models: Models) -> None:
        self._services = services
        self._models = models

    async def call(
        self, caller: Caller, service: str, operation: str, params: Params, policy: Policy = Policy.FULL
    ) -> Result:
        """The result, as the operation's output shape names it. Raises AwsError."""
        model = self._models.load(service).operation(operation)
        if model is None:
            raise AwsError(
                "UnknownOperationException", f"The operation {operation} is not known to {service}."
            )
        authorize(Identity(caller, policy), service, operation)
        handler = find_handler(self._services, service, operation, "json")
        validation.check(service, operation, model.input_shape, params)
        return await handler(caller, params)
