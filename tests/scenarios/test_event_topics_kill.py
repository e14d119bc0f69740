"""`kill -9` while events go to topics: each event is published once to each topic that wants it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.scenarios.auditing import settled
from tests.scenarios.listeners import Queue, make_topic
from tests.scenarios.service import Service, running

SENDER, SET = "sender@example.com", "all"
ROUNDS, MESSAGES = 3, 30
WANTED = {"both": ["SEND", "DELIVERY"], "deliveries": ["DELIVERY"]}


def prepare(service: Service) -> dict[str, Queue]:
    ses = service.client("sesv2")
    ses.create_email_identity(EmailIdentity=SENDER)
    ses.create_configuration_set(ConfigurationSetName=SET)
    queues = {}
    for name, types in WANTED.items():
        topic = make_topic(service, name)
        queues[name] = Queue.of_topic(service, topic, name)
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=SET,
            EventDestinationName=name,
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": types,
                "SnsDestination": {"TopicArn": topic},
            },
        )
    # Identities publish by another way, to the same topic.
    service.client("ses").set_identity_notification_topic(
        Identity=SENDER, NotificationType="Delivery", SnsTopic=make_topic(service, "both")
    )
    return queues


def send_all(service: Service, number: int) -> list[str]:
    ses = service.client("sesv2")

    def send(each: int) -> str:
        answer = ses.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [f"somebody-{number}-{each}@example.net"]},
            Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}},
            ConfigurationSetName=SET,
        )
        return str(answer["MessageId"])

    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(send, range(MESSAGES)))


def told(queue: Queue) -> Counter[tuple[str, str]]:
    """How often a queue was told of each event: its type with the member that says it, and its message."""
    firsts = [(next(iter(each.items())), each["mail"]["messageId"]) for each in queue.documents()]
    return Counter((f"{member} {kind}", message) for (member, kind), message in firsts)


def test_each_event_is_published_once_to_each_topic_whenever_the_process_dies(tmp_path: Path) -> None:
    data, sent = tmp_path / "data", list[str]()
    service = Service.start(data)
    queues = prepare(service)
    try:
        for number in range(ROUNDS):
            sent += send_all(service, number)
            service.kill()
            service = Service.start(data)
    finally:
        service.kill()
    with running(data) as service:
        for queue in queues.values():
            queue.client = service.client("sqs")
            # Its address has the port of the first start.
            queue.url = queue.client.get_queue_url(QueueName=queue.url.rpartition("/")[2])["QueueUrl"]
        expected = {
            "both": of("eventType Send", sent)
            + of("eventType Delivery", sent)
            + of("notificationType Delivery", sent),
            "deliveries": of("eventType Delivery", sent),
        }
        for name, queue in queues.items():
            queue.until(expected[name].total(), 90)
        report = settled(data)
        assert {name: told(queue) for name, queue in queues.items()} == expected
    assert report["messages"] == len(sent)
    assert {each["name"]: each["count"] for each in report["notices"]} == {
        "both": 2 * len(sent),
        "deliveries": len(sent),
        f"{SENDER} Delivery": len(sent),
    }


def of(kind: str, messages: list[str]) -> Counter[tuple[str, str]]:
    return Counter((kind, each) for each in messages)
