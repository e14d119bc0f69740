"""Alarm actions under `mailgauge serve`: a command of the operator's survives `kill -9`, and webhooks lead to no private place."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.scenarios.service import REGION, Service, clean_environment, wait_until
from tests.scenarios.serving import Installation

HOOK = "http://127.0.0.1:8099/alarms"
PATIENCE = 120.0


def own(service: Service, what: str) -> str:
    account = service.client("sts").get_caller_identity()["Account"]
    return f"arn:aws:mailgauge:{REGION}:{account}:{what}"


def ring(service: Service, name: str, action: str) -> None:
    cloudwatch = service.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SES",
        MetricName="Complaint",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=[action],
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")


def outcomes(service: Service, name: str) -> list[str]:
    answer = service.client("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")
    return [item["HistorySummary"] for item in answer["AlarmHistoryItems"]]


def end(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def test_a_command_that_was_under_way_at_a_kill_is_run_again(tmp_path: Path) -> None:
    told, started, go = tmp_path / "told", tmp_path / "started", tmp_path / "go"
    script = f"echo $$ >> {started}; test -e {go} || exec sleep 600; cat >> {told}"
    installation = Installation(tmp_path, {"alarms": {"commands": {"page": ["/bin/sh", "-c", script]}}})
    service = installation.start()
    try:
        action = own(service, "command/page")
        ring(service, "drill", action)
        wait_until(started.exists, seconds=PATIENCE)
    finally:
        service.kill()
    try:
        go.touch()
        with installation.running() as again:
            done = wait_until(lambda: outcomes(again, "drill"), seconds=PATIENCE)
            assert done == [f"Successfully executed action {action}"]
            assert json.loads(told.read_text())["AlarmName"] == "drill"
    finally:
        for line in started.read_text().split():
            end(int(line))


def test_a_webhook_leads_to_no_private_place_and_doctor_says_so(tmp_path: Path) -> None:
    installation = Installation(tmp_path, {})
    with installation.running() as service:
        ring(service, "hooked", HOOK)
        [failed] = wait_until(lambda: outcomes(service, "hooked"), seconds=PATIENCE)
        assert failed == (
            f"Failed to execute action {HOOK}. 127.0.0.1 is no address of the Internet: "
            "[outgoing] allow_private is off."
        )
        command = [sys.executable, "-m", "mailgauge.cli.main", "doctor", "--data", str(tmp_path / "data")]
        doctor = subprocess.run(
            command, capture_output=True, text=True, env=clean_environment(), check=False, timeout=120
        )
        assert f"Failed to execute action {HOOK}" in " ".join(doctor.stdout.split())
