"""[query.500x2w] [query.page] [query.small] [math.100x1440]: reading metrics by GetMetricData, over the wire.

The service is one process. The first two read all pages of 500 queries over two weeks at 5 minutes; the third makes
small requests over 16 connections; the last computes an expression over 100 series of 1,440 points, without a service.
"""

import http.client
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson
from numpy.typing import NDArray

from bench import metric_store
from bench.metric_store import NAMESPACE
from bench.requests import captured
from bench.result import Result
from bench.send_accept import generate
from mailgauge.base.clock import SystemClock
from mailgauge.cloudwatch.math.evaluate import evaluate
from mailgauge.cloudwatch.math.ground import Budget, Ground
from mailgauge.cloudwatch.math.syntax import parse
from mailgauge.cloudwatch.math.values import TimeSeries, Value
from tests.scenarios.service import Service

DATA = Path(__file__).resolve().parent.parent / "build" / "bench-metrics"
QUERIES = 500
DAYS = 14
SECONDS = 10.0
ROUNDS = 3
_TARGET = "GraniteServiceVersion20100801.GetMetricData"


def measure() -> list[Result]:
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.parent.mkdir(exist_ok=True)
    Service.start(DATA).stop()
    now = int(SystemClock().now())
    metric_store.fill(DATA, 300, DAYS * 86400, QUERIES, now)
    metric_store.fill(DATA, 60, 7200, 20, now)
    service = Service.start(DATA)
    try:
        found = [*_pages(service, now), _small(service, now)]
    finally:
        service.stop()
    shutil.rmtree(DATA, ignore_errors=True)
    return [*found, _math()]


def _query(number: int, period: int) -> dict[str, Any]:
    dimensions = [{"Name": "shop", "Value": f"shop-{number}"}]
    metric = {"Namespace": NAMESPACE, "MetricName": "Orders", "Dimensions": dimensions}
    return {"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"}}


def _pages(service: Service, now: int) -> list[Result]:
    end = now - now % 300
    asked: dict[str, Any] = {
        "MetricDataQueries": [_query(number, 300) for number in range(QUERIES)],
        "StartTime": end - DAYS * 86400,
        "EndTime": end,
    }
    whole, first, values = [], [], 0
    for _ in range(ROUNDS):
        pages = _read(service, asked)
        whole.append(sum(seconds for seconds, _ in pages))
        first.append(pages[0][0])
        values = sum(count for _, count in pages)
    detail = {"values": values, "pages": len(pages), "rounds": [round(each, 2) for each in whole]}
    return [
        Result("query.500x2w", min(whole), "s", "lower", detail=detail),
        Result("query.page", min(first) * 1000, "ms", "lower", detail={"values": pages[0][1]}),
    ]


def _read(service: Service, asked: dict[str, Any]) -> list[tuple[float, int]]:
    """Seconds and values of each page."""
    address = urlsplit(service.http)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    headers = {"X-Amz-Target": _TARGET, "Content-Type": "application/x-amz-json-1.0"}
    pages, token = [], None
    while token != "":
        body = orjson.dumps(asked | ({"NextToken": token} if token else {}))
        began = time.perf_counter()
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(text[:500])
        found = orjson.loads(text)
        pages.append((seconds, sum(len(each["Values"]) for each in found["MetricDataResults"])))
        token = found.get("NextToken", "")
    connection.close()
    return pages


def _small(service: Service, now: int) -> Result:
    """One metric, the last hour by the minute."""
    end = datetime.fromtimestamp(now - now % 60, UTC)

    def calls(client: Any) -> None:
        for number in range(20):
            query = _query(number, 60)
            client.get_metric_data(MetricDataQueries=[query], StartTime=end - timedelta(hours=1), EndTime=end)

    figures = generate(service.http, captured("cloudwatch", service.http, calls), SECONDS)
    return Result("query.small", figures["per_second"], "requests/s", "higher", detail=figures)


def _math() -> Result:
    """Parsed, typed and evaluated each time; the fastest of many, because it is the machine's and not luck's figure."""
    times = np.arange(1440, dtype=np.int64) * 60
    values: dict[str, Value] = {f"m{n}": TimeSeries(times, _counts(n), 60) for n in range(100)}
    ground = Ground(lambda _: times, values, list(values), {}, 60, Budget())
    fastest = float("inf")
    for _ in range(20):
        began = time.perf_counter()
        evaluate(
            parse("SUM(METRICS()) / AVG(FILL(METRICS(), 0)) * 100 + RUNNING_SUM(MAX(METRICS()))"), ground
        )
        fastest = min(fastest, time.perf_counter() - began)
    return Result("math.100x1440", fastest * 1000, "ms", "lower")


def _counts(seed: int) -> NDArray[np.float64]:
    return np.asarray(np.random.default_rng(seed).poisson(50, 1440), dtype=np.float64)
