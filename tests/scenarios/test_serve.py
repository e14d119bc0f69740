"""`mailgauge serve` lets nobody in without a key, keeps what it was told, and shares its data with no second process."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.scenarios.service import REGION, Service, clean_environment, running, wait_until
from tests.scenarios.serving import shown_key


def mailgauge(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailgauge.cli.main", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=clean_environment(), check=False, timeout=60
    )


def with_key(service: Service, name: str, key: dict[str, str]) -> Any:
    session = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    return session.client(name, endpoint_url=service.http)


def make_key(data: Path, *arguments: str) -> dict[str, str]:
    done = mailgauge("keys", "create", "--data", str(data), "--name", "tester", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    key: dict[str, str] = json.loads(done.stdout)
    return key


def test_only_known_keys_get_in_and_only_while_they_are_active(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data, mode="serve") as service:
        for name in ["sesv2", "ses", "cloudwatch"]:
            with pytest.raises(ClientError) as refused:
                service.client(name)._make_api_call(
                    {"sesv2": "GetAccount", "ses": "GetSendQuota", "cloudwatch": "ListMetrics"}[name], {}
                )
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        key = make_key(data)
        assert with_key(service, "sesv2", key).get_account()["SendingEnabled"] is True
        with pytest.raises(ClientError):
            with_key(service, "sesv2", key | {"SecretAccessKey": "wrong"}).get_account()


def test_the_first_key_is_shown_once_and_works(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data, mode="serve") as service:
        key_id, secret = wait_until(lambda: shown_key(service), lambda values: len(values) == 2)
        first = {"AccessKeyId": key_id, "SecretAccessKey": secret}
        with_key(service, "sesv2", first).create_configuration_set(ConfigurationSetName="kept")
    with running(data, mode="serve") as service:
        assert with_key(service, "sesv2", first).list_configuration_sets()["ConfigurationSets"] == ["kept"]
    assert shown_key(service) == [key_id, secret], "the log goes on, and the second start showed no key"


def test_a_second_process_on_the_same_data_is_refused_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data):
        done = mailgauge("local", "--data", str(data), "--listen", "127.0.0.1:0", "--inbound", "127.0.0.1:0")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_open_mode_listens_on_loopback_only(tmp_path: Path) -> None:
    done = mailgauge("local", "--data", str(tmp_path / "data"), "--listen", "0.0.0.0:0")
    assert done.returncode == 1
    assert "0.0.0.0" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_ends_at_sigterm_without_complaint(tmp_path: Path) -> None:
    service = Service.start(tmp_path / "data")
    service.client("sesv2").get_account()
    assert service.stop() == 0
    assert "Traceback" not in service.log()


def test_it_takes_more_connections_than_a_shell_allows_programs(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
    try:
        with running(tmp_path / "data", mode="serve") as service:
            allowed, _ = resource.prlimit(service.pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert allowed == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))
