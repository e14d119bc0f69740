"""The main job with the AWS SDK for JavaScript v3."""

import pytest

from tests.scenarios.clients import JavaScript
from tests.scenarios.main_job import main_job
from tests.scenarios.service import Service


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_tagged_mail_is_counted_and_alarmed_on_with_the_javascript_sdk(
    service: Service, version: str
) -> None:
    with JavaScript.running(service) as client:
        main_job(client, service, version)
