"""What broken, careless and hostile clients send, and the refusal each of them gets (``ses/SendEmail``, ``sesv2/SendEmail``)."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.scenarios.raw import FORM, Answer, Wire

SENDER, SET, PAUSED = "sender@example.com", "known", "paused"
JSON = {"Content-Type": "application/json"}
JSON_1_0 = {"Content-Type": "application/x-amz-json-1.0"}
PUT_TARGET = {"X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData"}
PUT_CBOR = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
CBOR = {
    "Content-Type": "application/cbor",
    "Accept": "application/cbor",
    "smithy-protocol": "rpc-v2-cbor",
}
INJECTED = "x\r\nBcc: victim@example.org"


class Bad(NamedTuple):
    """A request, and the status, the code and a part of the text that must answer it."""

    name: str
    send: Callable[[Wire], Answer]
    status: int
    code: str
    says: str = ""


def v1(**changes: str | None) -> Callable[[Wire], Answer]:
    """SendEmail with some parameters changed, or None for left out; ``__`` stands for a dot."""
    good: dict[str, str | None] = {
        "Action": "SendEmail",
        "Source": SENDER,
        "Destination.ToAddresses.member.1": "to@example.net",
        "Message.Subject.Data": "Hello",
        "Message.Body.Text.Data": "Hello.",
    }
    good.update({name.replace("__", "."): value for name, value in changes.items()})
    return lambda wire: wire.form({name: value for name, value in good.items() if value is not None})


def v1_tag(name: str, value: str) -> Callable[[Wire], Answer]:
    return v1(Tags__member__1__Name=name, Tags__member__1__Value=value)


def v1_raw(content: bytes, **more: str) -> Callable[[Wire], Answer]:
    data = {"Action": "SendRawEmail", "RawMessage.Data": base64.b64encode(content).decode()}
    return lambda wire: wire.form({**data, **{name.replace("__", "."): v for name, v in more.items()}})


def body(content: bytes, headers: dict[str, str], path: str = "/") -> Callable[[Wire], Answer]:
    return lambda wire: wire.request("POST", path, content, headers)


def v2(**changes: Any) -> Callable[[Wire], Answer]:
    """v2's SendEmail with some members changed; ``Simple`` changes those of the content."""
    simple = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}, **changes.pop("Simple", {})}
    good = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": ["to@example.net"]},
        "Content": {"Simple": simple},
        **changes,
    }
    return lambda wire: wire.v2("POST", "/v2/email/outbound-emails", good)


def v2_body(content: bytes) -> Callable[[Wire], Answer]:
    return body(content, JSON, "/v2/email/outbound-emails")


def v2_raw(data: Any) -> Callable[[Wire], Answer]:
    return v2(Content={"Raw": {"Data": data}})


def v2_header(name: str, value: str) -> Callable[[Wire], Answer]:
    return v2(Simple={"Headers": [{"Name": name, "Value": value}]})


def put(datum: Any) -> Callable[[Wire], Answer]:
    return lambda wire: wire.cloudwatch("PutMetricData", {"Namespace": "Shop", "MetricData": datum})


def many_recipients(count: int) -> dict[str, str]:
    return {f"Destination__BccAddresses__member__{n}": f"to{n}@example.net" for n in range(1, count + 1)}


MALFORMED = [
    Bad("v1 nothing", body(b"", FORM), 400, "MissingAction"),
    Bad("v1 no action", body(b"Version=2010-12-01", FORM), 400, "MissingAction"),
    Bad("v1 unknown action", v1(Action="SendFax"), 400, "InvalidAction"),
    Bad(
        "v1 binary",
        body(b"Action=SendEmail&Version=2010-12-01&\xff\xfe=%zz", FORM),
        400,
        "MalformedInput",
        "UTF-8",
    ),
    Bad("v1 no source", v1(Source=None), 400, "ValidationError", "source"),
    Bad(
        "v1 no message",
        v1(Message__Subject__Data=None, Message__Body__Text__Data=None),
        400,
        "ValidationError",
    ),
    Bad(
        "v1 list without index",
        v1(Destination__ToAddresses__member__x="a@example.net"),
        400,
        "MalformedInput",
    ),
    Bad(
        "v1 huge index",
        v1(Destination__ToAddresses__member__999999999999="a@example.net"),
        400,
        "MalformedInput",
    ),
    Bad("v1 bad base64", v1(Action="SendRawEmail", RawMessage__Data="%%%"), 400, "MalformedInput", ""),
    Bad("v2 no body", v2_body(b""), 400, "BadRequestException", "content"),
    Bad("v2 not JSON", v2_body(b'{"Content": '), 400, "SerializationException"),
    Bad("v2 a list", v2_body(b"[]"), 400, "SerializationException"),
    Bad("v2 deep", v2_body(b'{"Content": ' + b"[" * 200_000), 400, "SerializationException"),
    Bad("v2 not UTF-8", v2_body(b'{"FromEmailAddress": "\xff"}'), 400, "SerializationException"),
    Bad(
        "v2 string for list", v2(Destination={"ToAddresses": "to@example.net"}), 400, "SerializationException"
    ),
    Bad("v2 number for string", v2(FromEmailAddress=7), 400, "SerializationException"),
    Bad("v2 list for structure", v2(Content=[]), 400, "SerializationException"),
    Bad("v2 bad base64", v2_raw("***"), 400, "SerializationException"),
    Bad("v2 number for blob", v2_raw(7), 400, "SerializationException"),
    Bad("json not JSON", body(b"{", {**JSON_1_0, **PUT_TARGET}), 400, "SerializationException"),
    Bad(
        "json unknown",
        body(b"{}", {**JSON_1_0, "X-Amz-Target": "X.Nothing"}),
        400,
        "UnknownOperationException",
    ),
    Bad("cbor broken", body(b"\xbf\x61", CBOR, PUT_CBOR), 400, "SerializationException"),
    Bad("cbor not a map", body(b"\x01", CBOR, PUT_CBOR), 400, "SerializationException"),
    Bad("cbor deep", body(b"\x81" * 100_000, CBOR, PUT_CBOR), 400, "SerializationException"),
    Bad("cbor wrong type", body(b"\xa1\x69Namespace\x01", CBOR, PUT_CBOR), 400, "SerializationException"),
    Bad(
        "cbor huge length",
        body(b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", CBOR, PUT_CBOR),
        400,
        "SerializationException",
    ),
    Bad(
        "gzip broken",
        body(b"not gzip", {**JSON_1_0, **PUT_TARGET, "Content-Encoding": "gzip"}),
        400,
        "SerializationException",
    ),
    Bad(
        "gzip bomb",
        body(
            gzip.compress(bytes(200_000_000), 9),
            {**JSON_1_0, **PUT_TARGET, "Content-Encoding": "gzip"},
        ),
        400,
        "RequestEntityTooLarge",
    ),
    Bad("body over the limit", body(b" " * (64 * 1024 * 1024 + 1), FORM), 413, "RequestEntityTooLarge"),
    Bad("nowhere", lambda wire: wire.v2("GET", "/v2/email/nothing"), 404, "UnknownOperationException"),
]

REFUSED = [
    Bad(
        "v1 no recipients",
        v1(Destination__ToAddresses__member__1=None),
        400,
        "ValidationError",
        "destination",
    ),
    Bad(
        "v1 51 recipients",
        v1(**many_recipients(50)),
        400,
        "InvalidParameterValue",
        "Recipient count exceeds 50.",
    ),
    Bad(
        "v2 51 recipients",
        v2(Destination={"ToAddresses": [f"to{n}@example.net" for n in range(51)]}),
        400,
        "BadRequestException",
        "Recipient count exceeds 50.",
    ),
    Bad(
        "v1 tag without name",
        v1_tag("", "x"),
        400,
        "InvalidParameterValue",
        "The tag name must be specified.",
    ),
    Bad(
        "v1 tag without value",
        v1_tag("x", ""),
        400,
        "InvalidParameterValue",
        "The tag value must be specified.",
    ),
    Bad(
        "v1 long tag name", v1_tag("n" * 256, "x"), 400, "InvalidParameterValue", "Tag name cannot exceed 255"
    ),
    Bad(
        "v1 long tag value",
        v1_tag("n", "x" * 256),
        400,
        "InvalidParameterValue",
        "Tag value cannot exceed 255",
    ),
    Bad(
        "v1 tag name",
        v1_tag("a.b", "x"),
        400,
        "InvalidParameterValue",
        "Invalid tag name &lt;a.b&gt;: only alphanumeric ASCII characters, '_',  '-' are allowed.",
    ),
    Bad("v1 reserved tag", v1_tag("ses:operation", "x"), 400, "InvalidParameterValue", "Invalid tag name"),
    Bad(
        "v2 tag value",
        v2(EmailTags=[{"Name": "a", "Value": "b c"}]),
        400,
        "BadRequestException",
        "Invalid tag value <b c>: only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed.",
    ),
    Bad(
        "v1 no domain",
        v1(Destination__ToAddresses__member__1="a@"),
        400,
        "InvalidParameterValue",
        "Missing domain",
    ),
    Bad(
        "v1 no at",
        v1(Destination__ToAddresses__member__1="nobody"),
        400,
        "InvalidParameterValue",
        "Missing final '@domain'",
    ),
    Bad(
        "v1 unverified",
        v1(Source="stranger@example.org"),
        400,
        "MessageRejected",
        "US-EAST-1: stranger@example.org",
    ),
    Bad(
        "v2 unverified",
        v2(FromEmailAddress="stranger@example.org"),
        400,
        "MessageRejected",
        "Email address is not verified. The following identities failed the check in region US-EAST-1: stranger@example.org",
    ),
    Bad(
        "v1 unverified return path", v1(ReturnPath="stranger@example.org"), 400, "MessageRejected", "stranger"
    ),
    Bad(
        "raw From of another",
        v1_raw(b"From: stranger@example.org\r\nTo: a@b.example\r\n\r\nx", Source=SENDER),
        400,
        "MessageRejected",
        "stranger@example.org",
    ),
    Bad(
        "v1 unknown set",
        v1(ConfigurationSetName="unknown"),
        400,
        "ConfigurationSetDoesNotExist",
        "Configuration set &lt;unknown&gt; does not exist.",
    ),
    Bad(
        "v2 unknown set",
        v2(ConfigurationSetName="unknown"),
        404,
        "NotFoundException",
        "Configuration set <unknown> does not exist.",
    ),
    Bad(
        "v1 paused set",
        v1(ConfigurationSetName=PAUSED),
        400,
        "ConfigurationSetSendingPausedException",
        PAUSED,
    ),
    Bad("v2 paused set", v2(ConfigurationSetName=PAUSED), 400, "SendingPausedException", PAUSED),
    Bad(
        "v1 too large",
        v1_raw(b"From: a@b.example\r\n\r\n" + b"x\r\n" * 3_500_000),
        400,
        "InvalidParameterValue",
        "10485760",
    ),
    Bad("raw without From", v1_raw(b"To: a@b.example\r\n\r\nx"), 400, "InvalidParameterValue", "'From'"),
    Bad(
        "raw doubled Subject",
        v1_raw(f"From: {SENDER}\r\nTo: a@b.example\r\nSubject: a\r\nSubject: b\r\n\r\nx".encode()),
        400,
        "InvalidParameterValue",
        "Duplicate header 'Subject'.",
    ),
    Bad(
        "raw long line",
        v1_raw(f"From: {SENDER}\r\nTo: a@b.example\r\n\r\n".encode() + b"x" * 1001),
        400,
        "InvalidParameterValue",
        "1000",
    ),
    Bad("two contents", v2(Content={"Simple": {}, "Raw": {"Data": ""}}), 400, "BadRequestException", ""),
    Bad("no content", v2(Content={}), 400, "BadRequestException"),
    Bad(
        "16 headers",
        v2(Simple={"Headers": [{"Name": f"X-{n}", "Value": "x"} for n in range(16)]}),
        400,
        "BadRequestException",
    ),
    Bad("forbidden header", v2_header("Bcc", "a@b.example"), 400, "BadRequestException", "Bcc"),
    Bad(
        "metric in AWS",
        lambda wire: wire.cloudwatch(
            "PutMetricData", {"Namespace": "AWS/SES", "MetricData": [{"MetricName": "Send", "Value": 1}]}
        ),
        400,
        "InvalidParameterValueException",
    ),
    Bad(
        "metric not a number",
        put([{"MetricName": "a", "Value": "NaN"}]),
        400,
        "InvalidParameterValueException",
    ),
    Bad("metric without name", put([{"Value": 1}]), 400, "MissingRequiredParameterException"),
    Bad("1001 metrics", put([{"MetricName": "a", "Value": 1}] * 1001), 400, "InvalidParameterValueException"),
    Bad(
        "metric of long ago",
        put([{"MetricName": "a", "Value": 1, "Timestamp": 1_000_000_000}]),
        400,
        "InvalidParameterValueException",
    ),
]

#: Line breaks where a header would take them, and what no header can hold.
INJECTIONS = [
    Bad("v1 source", v1(Source=f"{SENDER}\r\nBcc: victim@example.org"), 400, "InvalidParameterValue"),
    Bad(
        "v1 recipient",
        v1(Destination__ToAddresses__member__1="a@b.example\r\nX: y"),
        400,
        "InvalidParameterValue",
    ),
    Bad("v1 reply-to", v1(ReplyToAddresses__member__1="a@b.example\nX: y"), 400, "InvalidParameterValue"),
    Bad("v1 return path", v1(ReturnPath="a@b.example\nX: y"), 400, "InvalidParameterValue"),
    Bad("v1 subject", v1(Message__Subject__Data=INJECTED), 400, "InvalidParameterValue"),
    Bad(
        "v1 charset",
        v1(Message__Subject__Data="Grüße", Message__Subject__Charset=INJECTED),
        400,
        "InvalidParameterValue",
    ),
    Bad("v1 body charset", v1(Message__Body__Text__Charset=INJECTED), 400, "InvalidParameterValue"),
    Bad("v2 subject", v2(Simple={"Subject": {"Data": INJECTED}}), 400, "BadRequestException"),
    Bad(
        "v2 subject, bare CR",
        v2(Simple={"Subject": {"Data": "x\rBcc: victim@example.org"}}),
        400,
        "BadRequestException",
    ),
    Bad(
        "v2 surrogate",
        v2_body(
            json.dumps(
                {
                    "FromEmailAddress": SENDER,
                    "Destination": {"ToAddresses": ["a@b.example"]},
                    "Content": {"Simple": {"Subject": {"Data": "\ud800"}, "Body": {"Text": {"Data": "x"}}}},
                }
            ).encode()
        ),
        400,
        "SerializationException",
    ),
    Bad("v2 display name", v2(FromEmailAddress=f'"{INJECTED}" <{SENDER}>'), 400, "BadRequestException"),
    Bad("v2 header value", v2_header("X-A", INJECTED), 400, "BadRequestException"),
    Bad("v2 header name", v2_header("X-A: b\r\nBcc", "victim@example.org"), 400, "BadRequestException"),
    Bad("v2 header control", v2_header("X-A", "a\x00b"), 400, "BadRequestException"),
    Bad(
        "v2 attachment",
        v2(Simple={"Attachments": [{"FileName": INJECTED, "RawContent": "eA=="}]}),
        400,
        "BadRequestException",
    ),
    Bad(
        "v2 attachment type",
        v2(Simple={"Attachments": [{"FileName": "a", "RawContent": "eA==", "ContentType": INJECTED}]}),
        400,
        "BadRequestException",
    ),
]
