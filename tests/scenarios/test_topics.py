"""Topics of `mailgauge serve` as programs written for SNS use them: confirmed, signed, tried again, and kept for later."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from tests.scenarios.senders import Sender, installed
from tests.scenarios.service import Service, wait_until
from tests.scenarios.subscriber import Authority, Subscriber, subscriber
from tools.environments import python_environment, validators
from tools.node import node

HERE = Path(__file__).parent
RETRY = {
    "healthyRetryPolicy": {
        "minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 2,
        "numNoDelayRetries": 0, "numMinDelayRetries": 0, "numMaxDelayRetries": 0, "backoffFunction": "linear",
    }
}  # fmt: skip

Validator = Callable[[dict[str, Any]], bool]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@contextmanager
def asking(service: Service, authority: Authority, command: list[str | Path], cwd: Path) -> Iterator[Sender]:
    trusted = str(authority.trusted)
    settings = {
        "HOST": urlsplit(service.http).netloc,
        "NODE_EXTRA_CA_CERTS": trusted,
        "REQUESTS_CA_BUNDLE": trusted,
    }
    with Sender.running(service, command, cwd, settings) as running:
        yield running


@contextmanager
def sns_validator(service: Service, authority: Authority) -> Iterator[Validator]:
    folder = HERE / "sns_validator"
    modules = installed("sns-validator", validators)
    with asking(service, authority, [node(), folder / "verify.mjs"], modules) as running:
        yield lambda message: running.ask(message).get("result") == "valid"


@contextmanager
def django_ses(service: Service, authority: Authority) -> Iterator[Validator]:
    programs = installed("Django", lambda: python_environment("django"))
    with asking(service, authority, [programs / "python", HERE / "sns_django_verifier.py"], HERE) as running:
        yield lambda message: bool(running.do(message))


def documents(
    service: Service, authority: Authority, there: Subscriber, **settings: str
) -> list[dict[str, Any]]:
    """One of each type: the subscription is confirmed, told, and ended by links that nobody signs."""
    sns = authority.client(service, "sns")
    arn = sns.create_topic(Name="alarms", Attributes=settings)["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="https", Endpoint=there.url)
    asked = there.wait_for("SubscriptionConfirmation")
    authority.get(asked["SubscribeURL"])
    attribute = {"colour": {"DataType": "String", "StringValue": "grün"}}
    sns.publish(TopicArn=arn, Message="Grüße\n☀", Subject="About", MessageAttributes=attribute)
    sns.publish(TopicArn=arn, Message="no subject")
    told = [there.wait_for("Notification", number) for number in (1, 2)]
    authority.get(told[0]["UnsubscribeURL"])
    return [asked, *told, there.wait_for("UnsubscribeConfirmation")]


def altered(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("Message", "MessageId", "Timestamp", "TopicArn", "Type"):
        yield {**document, name: f"{document[name]}x"}
    if document["Type"] == "Notification" and "Subject" not in document:
        yield {**document, "Subject": "of somebody else"}
    yield {**document, "Signature": "AAAA" + document["Signature"][4:]}


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_subscribers_are_sent_passes_sns_validator_and_altered_it_does_not(
    authority: Authority, version: str
) -> None:
    with authority.installation().running() as service, subscriber(authority) as there:
        found = documents(service, authority, there, SignatureVersion=version)
        with sns_validator(service, authority) as is_valid:
            for document in found:
                assert document["SignatureVersion"] == version
                # It leaves the token out of what it verifies of this type, unlike SNS's own rule.
                assert is_valid(document) == (document["Type"] != "UnsubscribeConfirmation"), document
                assert not any(is_valid(each) for each in altered(document))


def test_what_subscribers_are_sent_passes_django_ses_and_altered_it_does_not(authority: Authority) -> None:
    with authority.installation().running() as service, subscriber(authority) as there:
        found = documents(service, authority, there)
        with django_ses(service, authority) as is_valid:
            for document in found:
                assert is_valid(document), document
                assert not any(is_valid(each) for each in altered(document))


def test_a_subscription_that_was_ended_by_the_link_is_taken_back_by_the_link(authority: Authority) -> None:
    with authority.installation().running() as service, subscriber(authority) as there:
        *_, ended = documents(service, authority, there)
        sns = authority.client(service, "sns")
        assert sns.list_subscriptions()["Subscriptions"] == []
        assert b"ConfirmSubscriptionResponse" in authority.get(ended["SubscribeURL"])
        [kept] = sns.list_subscriptions()["Subscriptions"]
        sns.publish(TopicArn=kept["TopicArn"], Message="again")
        assert there.wait_for("Notification", 3)["Message"] == "again"


def test_only_the_two_links_of_subscribers_need_no_signature(authority: Authority) -> None:
    with authority.installation().running() as service:
        arn = authority.client(service, "sns").create_topic(Name="alarms")["TopicArn"]
        for query in (
            "Action=ListTopics",
            f"Action=Publish&TopicArn={arn}&Message=x",
            f"Action=DeleteTopic&TopicArn={arn}",
        ):
            with pytest.raises(HTTPError) as refused:
                authority.get(f"{service.http}/?{query}")
            assert refused.value.code == 403
            refused.value.close()
        with pytest.raises(HTTPError) as refused:
            authority.get(f"{service.http}/?Action=ConfirmSubscription&TopicArn={arn}&Token={'a' * 64}")
        assert refused.value.code == 400
        refused.value.close()


def test_what_could_not_be_delivered_is_tried_again_over_kills_and_ends_in_the_dead_letter_queue(
    authority: Authority,
) -> None:
    installation = authority.installation()
    service = installation.start()
    with subscriber(authority) as there:
        sns, sqs = authority.client(service, "sns"), authority.client(service, "sqs")
        arn = sns.create_topic(Name="alarms")["TopicArn"]
        queue = sqs.create_queue(QueueName="dead")["QueueUrl"]
        dead = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        settings = {
            "DeliveryPolicy": json.dumps(RETRY),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead}),
        }
        sns.subscribe(TopicArn=arn, Protocol="https", Endpoint=there.url, Attributes=settings)
        authority.get(there.wait_for("SubscriptionConfirmation")["SubscribeURL"])

        # The process dies while the subscriber thinks: the notification comes again.
        there.held.clear()
        sns.publish(TopicArn=arn, Message="thought about")
        there.wait_for("Notification")
        service.kill()
        there.held.set()
        service = installation.start()
        assert there.wait_for("Notification", 2)["Message"] == "thought about"

        # It is down: three attempts, and the process dies between them.
        there.status = 503
        sns = authority.client(service, "sns")
        published = sns.publish(TopicArn=arn, Message="missed")["MessageId"]
        assert there.wait_for("Notification", 3)["MessageId"] == published
        service.kill()
        service = installation.start()
        there.wait_for("Notification", 5)
        sqs = authority.client(service, "sqs")
        received = wait_until(
            lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []), seconds=90
        )
        assert [json.loads(each["Body"])["Message"] for each in received] == ["missed"]
        assert json.loads(received[0]["Body"])["MessageId"] == published
    assert service.stop() == 0
