"""The main job with nothing but the AWS CLI."""

from pathlib import Path

import pytest

from tests.scenarios.clients import AwsCli
from tests.scenarios.main_job import main_job
from tests.scenarios.service import Service


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_tagged_mail_is_counted_and_alarmed_on_with_the_aws_cli(
    service: Service, tmp_path: Path, version: str
) -> None:
    main_job(AwsCli(service, tmp_path), service, version)
