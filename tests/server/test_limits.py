"""Every limit: Amazon's number where nothing is set, and with another number in ``[limits]`` that one, in the text as well."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller
from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Wake
from mailgauge.config.options import Config
from mailgauge.server.apis import operations, quotas, sending
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.ses.limits import AMAZON, Limits
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.template_rendering import INTERACTIVE
from mailgauge.ses.verification import Mode, Verification
from mailgauge.tsdb.rows import RowEngine

HERE = Scope("111122223333", "us-east-1")
SENDER = "me@example.com"
INVALID, BAD = "InvalidParameterValue", "BadRequestException"
EXCEEDED = "LimitExceededException"

Call = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """With ``limits`` set to a small number, ``calls`` go well and ``refused`` does not."""

    limits: dict[str, int]
    refused: Call
    code: str
    text: str
    calls: list[Call] = field(default_factory=list)


def v1(operation: str, **params: Any) -> Call:
    return "ses", operation, params


def v2(operation: str, **params: Any) -> Call:
    return "sesv2", operation, params


def simple(**more: Any) -> Call:
    to = {"ToAddresses": ["a@example.org", "b@example.org"]}
    content = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}, **more.pop("simple", {})}
    return v2("SendEmail", FromEmailAddress=SENDER, Destination=to, Content={"Simple": content}, **more)


def simple_v1(**more: Any) -> Call:
    to = {"ToAddresses": ["a@example.org", "b@example.org"]}
    message = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}
    return v1("SendEmail", **{"Source": SENDER, "Destination": to, "Message": message, **more})


def raw(body: str, head: str = "") -> Call:
    data = f"From: {SENDER}\r\nTo: a@example.org\r\n{head}\r\n{body}\r\n".encode()
    return v1("SendRawEmail", RawMessage={"Data": data})


def parts(count: int, filename: str = "a.txt") -> tuple[str, str]:
    part = f'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{filename}"\r\n\r\nx\r\n'
    return part * count + "--b--", 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'


def destination(name: str, dimensions: int = 1) -> Call:
    configurations = [
        {"DimensionName": f"d{n}", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "x"}
        for n in range(dimensions)
    ]
    return v2(
        "CreateConfigurationSetEventDestination",
        ConfigurationSetName="one",
        EventDestinationName=name,
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND"],
            "CloudWatchDestination": {"DimensionConfigurations": configurations},
        },
    )


def template(name: str) -> Call:
    return v1("CreateTemplate", Template={"TemplateName": name, "SubjectPart": "s", "TextPart": "t"})


def verification(name: str) -> Call:
    return v1(
        "CreateCustomVerificationEmailTemplate",
        TemplateName=name,
        FromEmailAddress=SENDER,
        TemplateSubject="Welcome",
        TemplateContent="<p>Hello</p>",
        SuccessRedirectionURL="https://shop.example/yes",
        FailureRedirectionURL="https://shop.example/no",
    )


def contacts(name: str, topics: int = 0) -> Call:
    given = [
        {"TopicName": f"t{n}", "DisplayName": "T", "DefaultSubscriptionStatus": "OPT_IN"}
        for n in range(topics)
    ]
    return v2("CreateContactList", ContactListName=name, Topics=given)


def policy(name: str) -> Call:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "444455556666"},
        "Action": "ses:SendEmail",
        "Resource": f"arn:aws:ses:us-east-1:111122223333:identity/{SENDER}",
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return v1("PutIdentityPolicy", Identity=SENDER, PolicyName=name, Policy=text)


def bulk(count: int) -> Call:
    to = {"ToAddresses": ["a@example.org"]}
    return v1(
        "SendBulkTemplatedEmail",
        Source=SENDER,
        Template="welcome",
        DefaultTemplateData="{}",
        Destinations=[{"Destination": to}] * count,
    )


SET = v1("CreateConfigurationSet", ConfigurationSet={"Name": "one"})
SECOND_SET = v1("CreateConfigurationSet", ConfigurationSet={"Name": "two"})
TAGS = [{"Name": "a", "Value": "1"}, {"Name": "b", "Value": "1"}]
HEADERS = [{"Name": "X-A", "Value": "1"}, {"Name": "X-B", "Value": "1"}]
OWNERS = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]
ATTACHED = {"Attachments": [{"FileName": "a.txt", "RawContent": b"x"}] * 2}
POLICY_SIZE = len(policy("p")[2]["Policy"])

CASES = {
    "identities": Case(
        {"identities": 1},
        v1("VerifyEmailIdentity", EmailAddress="b@example.com"),
        EXCEEDED,
        "You can't have more than 1 identities.",
    ),
    "policies": Case(
        {"identity_policies": 1},
        policy("b"),
        EXCEEDED,
        "An identity can't have more than 1 policies.",
        [policy("a")],
    ),
    "policy bytes": Case(
        {"identity_policy_bytes": POLICY_SIZE - 1},
        policy("a"),
        "InvalidPolicyException",
        f"Policy length is more than {POLICY_SIZE - 1} bytes long: '{POLICY_SIZE}'.",
    ),
    "sets": Case(
        {"configuration_sets": 1},
        SECOND_SET,
        EXCEEDED,
        "You can't have more than 1 configuration sets.",
        [SET],
    ),
    "destinations": Case(
        {"event_destinations": 1},
        destination("b"),
        EXCEEDED,
        "Configuration set <one> can't have more than 1 event destinations.",
        [SET, destination("a")],
    ),
    "dimensions": Case(
        {"dimensions": 1},
        destination("b", 2),
        BAD,
        "CloudWatch metrics dimension configuration list cannot exceed 1 dimensions.",
        [SET, destination("a")],
    ),
    "recipients v1": Case({"recipients": 1}, simple_v1(), INVALID, "Recipient count exceeds 1."),
    "recipients v2": Case({"recipients": 1}, simple(), BAD, "Recipient count exceeds 1."),
    "bulk": Case(
        {"bulk_destinations": 2},
        bulk(3),
        INVALID,
        "Destination count exceeds 2.",
        [template("welcome"), bulk(2)],
    ),
    "tags v1": Case({"message_tags": 1}, simple_v1(Tags=TAGS), INVALID, "Message tag count exceeds 1."),
    "tags v2": Case(
        {"message_tags": 1},
        simple(EmailTags=TAGS),
        BAD,
        "Message tag count exceeds 1.",
        [simple(EmailTags=TAGS[:1])],
    ),
    "headers": Case(
        {"headers": 1},
        simple(simple={"Headers": HEADERS}),
        BAD,
        "Header count exceeds 1.",
        [simple(simple={"Headers": HEADERS[:1]})],
    ),
    "parts": Case({"mime_parts": 2}, simple(simple=ATTACHED), BAD, "MIME part count exceeds 2.", [simple()]),
    "parts of raw mail": Case(
        {"mime_parts": 2}, raw(*parts(3)), INVALID, "MIME part count exceeds 2.", [raw(*parts(2))]
    ),
    "lines": Case(
        {"line_bytes": 100}, raw("x" * 99), INVALID, "a line is longer than 100 bytes", [raw("x" * 98)]
    ),
    "templates": Case(
        {"templates": 1}, template("b"), EXCEEDED, "You can't have more than 1 templates.", [template("a")]
    ),
    "template bytes": Case(
        {"template_bytes": 1}, template("a"), INVALID, "Template size exceeds 1 bytes: '2'."
    ),
    "verification templates": Case(
        {"custom_verification_templates": 1},
        verification("b"),
        EXCEEDED,
        "You can't have more than 1 custom verification templates.",
        [verification("a")],
    ),
    "verification content": Case(
        {"custom_verification_bytes": 11},
        verification("a"),
        "CustomVerificationEmailInvalidContentException",
        "The template content must have 1 to 11 bytes.",
    ),
    "contact lists": Case(
        {"contact_lists": 1},
        contacts("b"),
        EXCEEDED,
        "An account can't have more than 1 contact list.",
        [contacts("a")],
    ),
    "topics": Case({"topics": 1}, contacts("a", 2), BAD, "A contact list can't have more than 1 topics."),
    "resource tags": Case(
        {"resource_tags": 1},
        v2("CreateConfigurationSet", ConfigurationSetName="one", Tags=OWNERS),
        EXCEEDED,
        "A resource can't have more than 1 tags.",
    ),
    "pools": Case(
        {"ip_pools": 1},
        v2("CreateDedicatedIpPool", PoolName="b"),
        EXCEEDED,
        "You can't have more than 1 dedicated IP pools.",
        [v2("CreateDedicatedIpPool", PoolName="a")],
    ),
    "calls v1": Case(
        {"calls_per_second": 2}, SECOND_SET, "Throttling", "Rate exceeded", [SET, simple(), simple_v1()]
    ),
    "calls v2": Case(
        {"calls_per_second": 2},
        v2("GetAccount"),
        "TooManyRequestsException",
        "Rate exceeded",
        [SET, simple()],
    ),
}
# Filled in by the size of the message, which has a Message-ID that varies.
SIZES = {"message_bytes_v1": (simple_v1(), INVALID), "message_bytes_v2": (simple(), BAD)}

Service = Callable[[dict[str, int]], "Running"]


@dataclass(frozen=True)
class Running:
    handlers: Any

    async def call(self, call: Call) -> Any:
        service, operation, params = call
        caller = Caller(HERE, "root", HERE.account, "127.0.0.1", None, "request", 1_750_000_000.0)
        return await self.handlers[service][operation](caller, params)

    async def refusal(self, call: Call) -> AwsError:
        with pytest.raises(AwsError) as refused:
            await self.call(call)
        return refused.value


@pytest.fixture
async def renderer() -> Any:
    started = Renderer(INTERACTIVE)
    yield started
    await started.close()


@pytest.fixture
def service(tmp_path: Path, renderer: Renderer) -> Iterator[Service]:
    storage = Storage.open(DataDirectory(tmp_path))

    def start(limits: dict[str, int]) -> Running:
        config = msgspec.convert({"limits": limits}, Config)
        clock, verification = ManualClock(), Verification(Mode.AUTOMATIC)
        return Running(
            operations(
                config,
                storage,
                RowEngine(),
                clock,
                verification,
                sending=sending(config, storage, Wake(), Wake()),
                alarms=Wake(),
                mutes=Wake(),
                deliver=Wake(),
                renderer=renderer,
            )
        )

    yield start
    storage.close()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_limit_is_where_the_operator_puts_it(service: Service, case: Case) -> None:
    running = service(case.limits)
    await running.call(v1("VerifyEmailIdentity", EmailAddress=SENDER))
    for call in case.calls:
        if "recipients" not in case.limits:
            await running.call(call)
    refused = await running.refusal(case.refused)
    assert (refused.code, refused.message) == (case.code, case.text)


@pytest.mark.parametrize("limit", SIZES)
async def test_a_message_is_as_large_as_the_operator_allows(service: Service, limit: str) -> None:
    call, code = SIZES[limit]
    running = service({limit: 100})
    await running.call(v1("VerifyEmailIdentity", EmailAddress=SENDER))
    refused = await running.refusal(call)
    assert refused.code == code
    assert str(refused.message).startswith("Message length is more than 100 bytes long: '")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_a_small_limit_refuses_goes_well_with_amazons(service: Service, case: Case) -> None:
    running = service({})
    await running.call(v1("VerifyEmailIdentity", EmailAddress=SENDER))
    for call in case.calls:
        await running.call(call)
    if set(case.limits) == {"contact_lists"}:
        assert (await running.refusal(case.refused)).message == case.text
    else:
        await running.call(case.refused)


def test_the_defaults_are_amazons() -> None:
    assert quotas(Config()) == AMAZON == Limits()
    assert (AMAZON.recipients, AMAZON.bulk_destinations, AMAZON.headers, AMAZON.mime_parts) == (
        50,
        50,
        15,
        500,
    )
    assert (AMAZON.message_bytes_v1, AMAZON.message_bytes_v2) == (10_485_760, 41_943_040)
    assert (AMAZON.configuration_sets, AMAZON.event_destinations, AMAZON.dimensions) == (10_000, 10, 10)
    assert (AMAZON.identities, AMAZON.identity_policies, AMAZON.resource_tags) == (10_000, 20, 50)
    assert (AMAZON.templates, AMAZON.template_bytes, AMAZON.line_bytes) == (20_000, 512_000, 1000)
    assert (AMAZON.custom_verification_templates, AMAZON.contact_lists, AMAZON.topics) == (50, 1, 20)


@pytest.mark.parametrize(
    ("call", "code", "text"),
    [
        (simple(simple={"Attachments": [{"FileName": "run.EXE", "RawContent": b"x"}]}), BAD, "run.EXE"),
        (raw(*parts(2, "x.scr")), INVALID, "x.scr"),
        (raw("x", 'Content-Type: text/plain;\r\n name="a.vbs"\r\n'), INVALID, "a.vbs"),
        (raw("x", "Content-Disposition: attachment; filename*=utf-8''%61.bat\r\n"), INVALID, "a.bat"),
    ],
)
async def test_files_that_act_when_opened_are_refused(
    service: Service, call: Call, code: str, text: str
) -> None:
    running = service({})
    refused = await running.refusal(call)
    assert (refused.code, refused.message) == (code, f"Illegal filename '{text}'.")


async def test_a_text_that_speaks_of_such_a_file_is_not_refused(service: Service) -> None:
    running = service({})
    await running.call(v1("VerifyEmailIdentity", EmailAddress=SENDER))
    await running.call(raw('Content-Disposition: attachment; filename="x.exe"'))
    await running.call(simple(simple={"Attachments": [{"FileName": "exe", "RawContent": b"x"}]}))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("X" * 127, "v", "Header name cannot exceed 126 characters."),
        ("X-A", "v" * 996, "Header value cannot exceed 995 characters."),
        ("X" * 100, "v" * 900, "Header name and value together cannot exceed 996 characters."),
    ],
)
async def test_a_header_has_bounds(service: Service, name: str, value: str, text: str) -> None:
    refused = await service({}).refusal(simple(simple={"Headers": [{"Name": name, "Value": value}]}))
    assert (refused.code, refused.message) == (BAD, text)


async def test_an_address_has_bounds(service: Service) -> None:
    long = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 20}.example"
    to = {"ToAddresses": [long]}
    refused = await service({}).refusal(simple_v1(Destination=to))
    assert (refused.code, refused.message) == (INVALID, "Email address length is more than 320 characters")
