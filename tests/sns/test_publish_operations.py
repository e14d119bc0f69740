"""Publishing by the API: what is taken, what is refused in which words, and who gets it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailgauge.sns import message_checks
from mailgauge.sns.errors import SnsError
from mailgauge.sns.message import Attribute, decode, encode
from mailgauge.sns.message_checks import Draft, Given
from tests.sns.topic_client import QUEUE, TOPIC, Client


async def publish(client: Client, message: str = "hello", **params: Any) -> str:
    return str((await client.call("Publish", TopicArn=TOPIC, Message=message, **params))["MessageId"])


async def refusal(client: Client, message: str = "hello", **params: Any) -> tuple[str, str]:
    return await client.refusal("Publish", TopicArn=TOPIC, Message=message, **params)


async def test_each_subscriber_gets_what_is_published_as_it_was_given(client: Client) -> None:
    await client.topic(DisplayName="News")
    await client.subscribe()
    await client.subscribe(endpoint=f"{QUEUE}-raw", RawMessageDelivery="true")
    attributes = {
        "colour": {"DataType": "String", "StringValue": "red"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
    }
    message_id = await publish(client, Subject="A subject", MessageAttributes=attributes)
    plain, raw = await client.leased()
    assert (plain.raw, raw.raw) == (False, True)
    assert plain.message == raw.message
    assert (plain.body, plain.message.subject, plain.message_id) == ("hello", "A subject", message_id)
    assert plain.message.attributes == (
        Attribute("colour", "String", "red"),
        Attribute("blob", "Binary", "AgME"),
    )
    assert plain.message.attributes[1].binary == b"\x02\x03\x04"
    assert plain.topic_settings == {"DisplayName": "News"}


async def test_only_those_whose_filter_policy_matches_get_it(client: Client) -> None:
    await client.topic()
    await client.subscribe(FilterPolicy='{"colour":["red"]}')
    await client.subscribe(
        endpoint=f"{QUEUE}-body", FilterPolicy='{"colour":["red"]}', FilterPolicyScope="MessageBody"
    )
    await publish(client, "nobody's")
    await publish(
        client, "the first's", MessageAttributes={"colour": {"DataType": "String", "StringValue": "red"}}
    )
    await publish(client, '{"colour":"red"}')
    assert await client.notified() == ["the first's", '{"colour":"red"}']
    kept = await client.store.read(lambda tx: tx.run("SELECT count(*) FROM publication"))
    assert kept == [(2,)]


async def test_a_structure_has_a_text_for_each_protocol(client: Client) -> None:
    await client.topic()
    await client.subscribe()
    await publish(client, '{"default":"for all","sqs":"for queues","http":1}', MessageStructure="json")
    await publish(client, '{"default":"for all"}', MessageStructure="json")
    assert await client.notified() == ["for queues", "for all"]


@pytest.mark.parametrize(
    ("message", "params", "text"),
    [
        ("", {}, "Empty message"),
        ("x", {"Subject": ""}, "Subject"),
        ("x", {"Subject": "two\nlines"}, "Subject"),
        ("x", {"Subject": " begins with a space"}, "Subject"),
        ("x", {"Subject": "größer"}, "Subject"),
        ("x", {"Subject": "x" * 101}, "Subject"),
        ("x" * 262_145, {}, "Message too long"),
        ("x" * 262_130, {"MessageAttributes": {"colour": {"DataType": "String", "StringValue": "x" * 10}}}, "Message too long"),
        ("x", {"MessageStructure": "xml"}, "MessageStructure"),
        ("{}", {"MessageStructure": "json"}, "Message Structure - No default entry in JSON message body"),
        ('{"default":1}', {"MessageStructure": "json"}, "Message Structure - No default entry in JSON message body"),
        ("{", {"MessageStructure": "json"}, "Message Structure - JSON message body failed to parse"),
        ("x", {"MessageDeduplicationId": "1"}, "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type"),
        ("x", {"MessageGroupId": "ö"}, "The MessageGroupId parameter can only include alphanumeric and punctuation characters. 1 to 128 in length"),
    ],
)  # fmt: skip
async def test_messages_that_are_refused(
    client: Client, message: str, params: dict[str, Any], text: str
) -> None:
    await client.topic()
    assert await refusal(client, message, **params) == ("InvalidParameter", f"Invalid parameter: {text}")


def of(data_type: str, **value: Any) -> dict[str, Any]:
    return {"attr1": {"DataType": data_type, **value}}


EMPTY = "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type '{}'."
STRANGE = (
    "The message attribute 'attr1' has an invalid message attribute type, the set of supported type prefixes is Binary, "
    "Number, and String."
)
TEXT = {"DataType": "String", "StringValue": "x"}


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        (of("String", StringValue=""), EMPTY.format("String")),
        (of("String"), EMPTY.format("String")),
        (of("Binary", BinaryValue=b""), EMPTY.format("Binary")),
        (of("String", BinaryValue=b"x"), "The message attribute 'attr1' with type 'String' must use field 'String'."),
        (of("Number", BinaryValue=b"x"), "The message attribute 'attr1' with type 'Number' must use field 'String'."),
        (of("Binary", StringValue="x"), "The message attribute 'attr1' with type 'Binary' must use field 'Binary'."),
        (of("Stringprefixed", StringValue="x"), STRANGE),
        (of("Array", StringValue="x"), STRANGE),
        (of("Number", StringValue="many"), "Could not cast message attribute 'attr1' value to number."),
        ({"x" * 257: TEXT}, "Length of message attribute name must be less than 256 bytes."),
        ({"a^b": TEXT}, "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."),
        ({".a": TEXT}, "Invalid message attribute name starting with character '.' was found."),
        ({"a.": TEXT}, "Invalid message attribute name ending with character '.' was found."),
        ({"a..b": TEXT}, "Message attribute name can not have successive '.' character."),
    ],
)  # fmt: skip
async def test_attributes_that_are_refused(client: Client, attributes: Any, text: str) -> None:
    await client.topic()
    assert await refusal(client, MessageAttributes=attributes) == ("ParameterValueInvalid", text)
    entry = {"Id": "1", "Message": "x", "MessageAttributes": attributes}
    refused = await client.refusal("PublishBatch", TopicArn=TOPIC, PublishBatchRequestEntries=[entry])
    assert refused == ("ParameterValueInvalid", text)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "TopicArn or TargetArn Reason: no value for required parameter"),
        ({"TopicArn": ""}, "TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ({"TopicArn": TOPIC, "TargetArn": TOPIC}, "TopicArn Reason: Both TopicArn and TargetArn were given"),
        ({"TargetArn": "arn:aws:sns:us-east-1:111122223333:endpoint/APNS/app/id"}, "TargetArn Reason: No endpoint found for the target arn specified"),
        ({"PhoneNumber": "+15555550100"}, "PhoneNumber Reason: text messages are not supported by this service"),
    ],
)  # fmt: skip
async def test_targets_that_are_refused(client: Client, params: dict[str, str], text: str) -> None:
    await client.topic()
    refused = await client.refusal("Publish", Message="x", **params)
    assert refused == ("InvalidParameter", f"Invalid parameter: {text}")


async def test_a_topic_may_be_named_as_target(client: Client) -> None:
    await client.topic()
    await client.subscribe()
    await client.call("Publish", TargetArn=TOPIC, Message="hello")
    assert await client.notified() == ["hello"]


async def batch(client: Client, *entries: dict[str, Any]) -> dict[str, Any]:
    return await client.call("PublishBatch", TopicArn=TOPIC, PublishBatchRequestEntries=list(entries))


async def test_entries_of_a_batch_succeed_and_fail_by_themselves(client: Client) -> None:
    await client.topic()
    await client.subscribe()
    answer = await batch(
        client,
        {"Id": "1", "Message": "first"},
        {"Id": "2", "Message": "second", "Subject": "two\nlines"},
        {"Id": "3", "Message": "third"},
    )
    assert [each["Id"] for each in answer["Successful"]] == ["1", "3"]
    assert answer["Failed"] == [
        {
            "Id": "2",
            "Code": "InvalidParameter",
            "Message": "Invalid parameter: Subject",
            "SenderFault": True,
        }
    ]
    assert await client.notified() == ["first", "third"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": str(each), "Message": "x"} for each in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "1", "Message": "x"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": "no id", "Message": "x"}], "InvalidBatchEntryId"),
        ([{"Id": "x" * 81, "Message": "x"}], "InvalidBatchEntryId"),
        ([{"Id": str(each), "Message": "x" * 131_073} for each in range(2)], "BatchRequestTooLong"),
        ([{"Id": "1", "Message": "{}", "MessageStructure": "json"}], "InvalidParameter"),
    ],
)
async def test_batches_that_are_refused(client: Client, entries: list[dict[str, Any]], code: str) -> None:
    await client.topic()
    refused = await client.refusal("PublishBatch", TopicArn=TOPIC, PublishBatchRequestEntries=entries)
    assert refused[0] == code


@given(
    st.builds(
        Draft,
        body=st.text(max_size=20),
        subject=st.none() | st.text(max_size=5),
        structure=st.none() | st.just("json"),
        attributes=st.lists(
            st.builds(
                Given,
                name=st.text(max_size=4),
                data_type=st.sampled_from(["String", "Number", "Binary", "String.Array"])
                | st.text(max_size=4),
                text=st.none() | st.text(max_size=4),
                binary=st.none() | st.binary(max_size=4),
            ),
            max_size=2,
        ).map(tuple),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_taken_is_kept_whole(draft: Draft) -> None:
    try:
        message = message_checks.message(draft)
    except SnsError:
        return
    assert decode(encode(message)) == message
    assert {each.name: each.binary for each in message.attributes if each.is_binary} == {
        each.name: each.binary for each in draft.attributes if each.data_type.startswith("Binary")
    }
