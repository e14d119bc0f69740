"""API calls from the page: the same rules as over the wire, and nobody else's page."""

from typing import Any

import orjson
import pytest

from mailgauge.aws.models import Models
from mailgauge.aws.request import Caller
from mailgauge.base.scope import Scope
from mailgauge.console.calls import ApiCalls
from mailgauge.iam import keys
from mailgauge.iam.keys import NewKey
from mailgauge.iam.policies import Policy
from mailgauge.iam.secrets import MasterKey
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import StoreUnavailableError
from tests.console.conftest import OWN_PAGE, Page


async def test_a_call_answers_with_a_request_id_and_is_never_cached(page: Page, key: NewKey) -> None:
    await page.sign_in(key)
    answer = await page.whoami()
    assert answer.status == 200
    assert answer.headers["x-amzn-requestid"]
    assert answer.headers["cache-control"] == "no-store"
    assert float(answer.headers["x-mailgauge-time"]) == 1_750_000_000.0


@pytest.mark.parametrize(
    ("path", "body", "refusal"),
    [
        ("/api/sts/DropEverything", b"{}", (404, "UnknownOperationException")),
        ("/api/ec2/DescribeInstances", b"{}", (404, "UnknownOperationException")),
        ("/api/cloudwatch/DeleteAnomalyDetector", b"{}", (400, "UnknownOperationException")),
        ("/api/cloudwatch/GetMetricData", b"{", (400, "SerializationException")),
        ("/api/cloudwatch/GetMetricData", b"[]", (400, "SerializationException")),
        ("/api/cloudwatch/GetMetricData", b'{"StartTime": "soon"}', (400, "SerializationException")),
    ],
)
async def test_what_the_apis_refuse_the_console_refuses_in_words(
    page: Page, key: NewKey, path: str, body: bytes, refusal: tuple[int, str]
) -> None:
    await page.sign_in(key)
    answer = await page.post(path, body)
    assert (answer.status, answer.json["__type"]) == refusal
    assert answer.json["message"]


async def test_a_key_may_do_on_the_page_what_its_policy_allows(
    page: Page, store: SqliteStore, master: MasterKey
) -> None:
    reader = await store.write(
        lambda tx: keys.create(
            tx, master, account="123456789012", user_name="bob", policy=Policy.READ_ONLY, now=0.0
        )
    )
    await page.sign_in(reader)
    answer = await page.post("/api/cloudwatch/PutMetricData", {"Namespace": "shop", "MetricData": []})
    assert (answer.status, answer.json["__type"]) == (403, "AccessDenied")
    assert "user/bob is not authorized" in answer.json["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {name: value for name, value in OWN_PAGE.items() if name != "x-mailgauge-console"},
        {**OWN_PAGE, "sec-fetch-site": "cross-site"},
        {**OWN_PAGE, "sec-fetch-site": "same-site"},
        {**OWN_PAGE, "origin": "http://evil.example"},
        {**OWN_PAGE, "origin": "http://mail.example:8080"},
        {**OWN_PAGE, "origin": "null"},
        {**OWN_PAGE, "origin": "http://[evil"},
    ],
)
@pytest.mark.parametrize("path", ["/api/sts/GetCallerIdentity", "/api/sign-in", "/api/sign-out"])
async def test_other_sites_pages_get_nothing_done(
    page: Page, key: NewKey, path: str, headers: dict[str, str]
) -> None:
    await page.sign_in(key)
    before = dict(page.cookies)
    assert (await page.post(path, {}, headers)).status == 403
    assert page.cookies == before


async def test_a_disk_that_takes_nothing_is_told_as_over_the_wire() -> None:
    class Full:
        async def call(self, *given: Any) -> Any:
            raise StoreUnavailableError("database or disk is full")

    caller = Caller(Scope("123456789012", "us-east-1"), "a", "alice", "192.0.2.1", None, "id", 0.0)
    calls = ApiCalls(Full(), Models(), ["sts"])
    status, body = await calls.answer(caller, Policy.FULL, "sts", "GetCallerIdentity", b"{}")
    assert status == 503
    assert orjson.loads(body)["__type"] == "ServiceUnavailable"


async def test_reading_is_not_calling(page: Page, key: NewKey) -> None:
    await page.sign_in(key)
    assert (await page.get("/api/sts/GetCallerIdentity")).status in {404, 405}


async def test_a_body_without_end_is_cut_off(page: Page, key: NewKey) -> None:
    await page.sign_in(key)
    assert (await page.post("/api/cloudwatch/PutMetricData", b" " * (16 * 1024 * 1024 + 1))).status == 413
