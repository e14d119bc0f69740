"""Which calls are about a queue by their path."""

import pytest

from mailgauge.aws.http import HttpRequest
from mailgauge.aws.models import Models
from mailgauge.aws.routing import Route, Router, RoutingError
from mailgauge.server.apis import DIALECTS

QUEUE = "/123456789012/orders"


def queue_call(method: str = "POST", path: str = QUEUE, query: str = "", body: bytes = b"") -> Route:
    router = Router(["ses", "sesv2", "sqs", "sqs-query"], Models(dialects=DIALECTS))
    headers = {"content-type": "application/x-www-form-urlencoded"} if body else {}
    return router.route(HttpRequest(method, path, query, headers, body))


@pytest.mark.parametrize("path", [QUEUE, f"{QUEUE}/", f"{QUEUE}.fifo"])
def test_a_call_at_a_resource_is_about_it(path: str) -> None:
    for route in (
        queue_call(path=path, body=b"Action=PurgeQueue"),
        queue_call("GET", path, "Action=PurgeQueue&Version=2012-11-05"),
    ):
        assert (route.service, route.operation, route.protocol) == ("sqs", "PurgeQueue", "query")
        assert route.form["QueueUrl"] == path


def test_a_resource_that_is_named_counts_more_than_the_path() -> None:
    assert queue_call(body=b"Action=PurgeQueue&QueueUrl=other").form["QueueUrl"] == "other"


@pytest.mark.parametrize(
    "path", ["/12345/orders", "/123456789012", "/123456789012/a/b", "/orders/123456789012"]
)
def test_other_paths_are_nobodys(path: str) -> None:
    with pytest.raises(RoutingError) as error:
        queue_call(path=path, body=b"Action=PurgeQueue")
    assert error.value.status == 404


def test_an_unknown_action_at_a_resource_is_told() -> None:
    with pytest.raises(RoutingError, match="The action Fly is not valid for this endpoint") as error:
        queue_call(body=b"Action=Fly")
    assert error.value.code == "InvalidAction"
