"""[send.delivered]: 4 KB messages at a steady 520 a second, from the API to a receiving server, events and metrics on.

`mailgauge serve` on disk, a configuration set that publishes every event to CloudWatch, an SMTP sink on loopback. What
is accepted and not delivered is looked at every second: it must not grow. ``MAILGAUGE_BENCH_SECONDS`` makes it shorter.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import sink
from bench.memory import family
from bench.requests import SENDER, Key, client_of, send_email_requests
from bench.result import Result
from bench.send_accept import DATA, Watch, generate, make_key, wait_for
from tests.scenarios.service import Service

SECONDS = float(os.environ.get("MAILGAUGE_BENCH_SECONDS", "120"))
WARM_SECONDS = 3.0
RATE = 520.0
"""Of which 500 are to arrive: offered no more, those could only be reached by never waiting for anything."""
CONNECTIONS = 16
"""A sender waits for each answer; with fewer, answers of 30 ms would be what limits the rate."""
DISTINCT = 4000
BODY = "The quick brown fox jumps over the lazy dog, again and again.\n" * 66
SET = "bench"
_EVENTS = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "DELIVERY_DELAY", "REJECT"]
_TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> list[Result]:
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.parent.mkdir(exist_ok=True)
    with sink.running() as target:
        key = make_key(DATA)
        arguments = ["--capture", target.address, "--verification", "automatic", "--log-level", "warning"]
        service = Service.start(DATA, *arguments, mode="serve")
        try:
            _configure(service, key)
            figures = _figures(service, target, key)
        finally:
            service.stop()
    shutil.rmtree(DATA, ignore_errors=True)
    return [Result("send.delivered", figures["delivered_per_second"], "messages/s", "higher", (), figures)]


def _configure(service: Service, key: Key) -> None:
    client = client_of("sesv2", service.http, key)
    client.create_email_identity(EmailIdentity=SENDER.partition("@")[2])
    client.create_configuration_set(ConfigurationSetName=SET)
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    client.create_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName="metrics",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": _EVENTS,
            "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
        },
    )


def _figures(service: Service, target: sink.Sink, key: Key) -> dict[str, Any]:
    requests = send_email_requests(service.http, DISTINCT, key, body=BODY, configuration_set=SET)
    warm = generate(service.http, requests, WARM_SECONDS, RATE, CONNECTIONS)
    wait_for(target, warm["accepted"])
    used = _processor_seconds(service.pid)
    with Watch(_queue_length) as watch:
        figures = generate(service.http, requests, SECONDS, RATE, CONNECTIONS)
    delivered = target.messages() - warm["accepted"]
    used = _processor_seconds(service.pid) - used
    ended = time.monotonic()
    wait_for(target, warm["accepted"] + figures["accepted"])
    return {
        "accepted_per_second": figures["per_second"],
        "delivered_per_second": round(delivered / figures["seconds"], 1),
        "seconds": figures["seconds"],
        "p50_ms": figures["p50_ms"],
        "p99_ms": figures["p99_ms"],
        "queue_each_5_s": watch.samples[4::5],
        "queue_grows": grows(watch.samples),
        "seconds_to_drain": round(time.monotonic() - ended, 1),
        "processor_ms_per_message": round(1000 * used / max(delivered, 1), 2),
    }


def grows(samples: Sequence[int]) -> bool:
    """Whether the last third of the time had more in the queue than the first, beyond what a tenth of a second brings."""
    third = len(samples) // 3
    if not third:
        return False
    first, last = samples[:third], samples[-third:]
    return sum(last) / third > sum(first) / third + RATE / 10


def _queue_length() -> int:
    connection = sqlite3.connect(f"file:{DATA / 'mail.db'}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM queue").fetchone()[0])
    finally:
        connection.close()


def _processor_seconds(pid: int) -> float:
    """Of the service and its helpers."""
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS
