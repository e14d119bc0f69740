"""Which operations are offered: only such as the service models have."""

import pytest

from tests.ses.control_client import Client, service_model


@pytest.mark.parametrize("service", ["ses", "sesv2"])
def test_every_operation_is_one_of_the_model(client: Client, service: str) -> None:
    assert set(client.handlers[service]) <= set(service_model(service).operation_names)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("sesv2", "PutConfigurationSetArchivingOptions"),
    ],
)
def test_what_would_only_be_stored_is_not_offered(client: Client, service: str, operation: str) -> None:
    assert operation in service_model(service).operation_names
    assert operation not in client.handlers[service]
