"""What can be seen of queues without looking into them."""

from mailgauge.server.queue_telemetry import queue_metrics
from tests.sqs.queue_bench import HERE, Bench


async def test_metrics_show_how_full_each_queue_is_and_how_long_its_first_message_waits(bench: Bench) -> None:
    url = await bench.queue("orders")
    await bench.queue("empty")
    await bench.send(url, "held")
    await bench.receive(url)
    for body in ("waits", "too"):
        await bench.send(url, body)
    await bench.send(url, "late", DelaySeconds=60)
    bench.clock.step(7)
    count, age = await queue_metrics(bench.state)
    labels = {"account_id": HERE.account, "region": HERE.region}
    found = {(each.labels["queue"], each.labels["state"]): each.value for each in count.samples}
    assert found == {
        **{("empty", state): 0 for state in ("visible", "in_flight", "delayed")},
        ("orders", "visible"): 2,
        ("orders", "in_flight"): 1,
        ("orders", "delayed"): 1,
    }
    assert [(each.labels, each.value) for each in age.samples] == [({**labels, "queue": "orders"}, 7.0)]
