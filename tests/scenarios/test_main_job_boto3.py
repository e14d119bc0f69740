"""The main job with boto3."""

import pytest

from tests.scenarios.clients import Boto3
from tests.scenarios.main_job import main_job
from tests.scenarios.service import Service


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_tagged_mail_is_counted_and_alarmed_on_with_boto3(service: Service, version: str) -> None:
    main_job(Boto3(service), service, version)
