"""Custom verification email templates: kept by both APIs, mailed, and where people are sent when they open the link."""

import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.base.tasks import Wake
from mailgauge.delivery import contents, queue
from mailgauge.destinations import versions
from mailgauge.events import journal
from mailgauge.ses import contact_lists, identity_schema, schema, templates
from mailgauge.ses.account import Policy
from mailgauge.ses.api.v1.custom_verification import custom_verification_sending as sending_v1
from mailgauge.ses.api.v2.custom_verification import custom_verification_sending as sending_v2
from mailgauge.ses.sending import Sending
from mailgauge.ses.verification import Mode, Verification
from mailgauge.ses.verification_sending import VerificationSending
from mailgauge.ses.verify_page import verify_app
from mailgauge.store.sqlite import SqliteStore
from tests.ses.control_client import NOW, Client

DAY = 24 * 3600.0
TEMPLATE = {
    "TemplateName": "welcome",
    "FromEmailAddress": "Shop <hello@shop.example>",
    "TemplateSubject": "Welcome",
    "TemplateContent": "<html><body><h1>Hello</h1></body></html>",
    "SuccessRedirectionURL": "https://shop.example/yes?a=b",
    "FailureRedirectionURL": "https://shop.example/no",
}
SUMMARY = {name: value for name, value in TEMPLATE.items() if name != "TemplateContent"}


@pytest.fixture
async def shop(client: Client) -> Client:
    await client.v1("VerifyDomainIdentity", Domain="shop.example")
    return client


async def test_a_template_of_v1_is_one_of_v2(shop: Client) -> None:
    await shop.v1("CreateCustomVerificationEmailTemplate", **TEMPLATE)
    found = await shop.v2("GetCustomVerificationEmailTemplate", TemplateName="welcome")
    assert found == {**TEMPLATE, "Tags": []}
    assert (await shop.v2("ListCustomVerificationEmailTemplates"))["CustomVerificationEmailTemplates"] == [
        SUMMARY
    ]
    await shop.v1("UpdateCustomVerificationEmailTemplate", TemplateName="welcome", TemplateSubject="Hi")
    await shop.v2(
        "UpdateCustomVerificationEmailTemplate",
        **{**TEMPLATE, "TemplateSubject": "Hi", "TemplateContent": "Hello"},
    )
    found = await shop.v1("GetCustomVerificationEmailTemplate", TemplateName="welcome")
    assert found == {**TEMPLATE, "TemplateSubject": "Hi", "TemplateContent": "Hello"}
    await shop.v2("DeleteCustomVerificationEmailTemplate", TemplateName="welcome")
    assert (await shop.v1("ListCustomVerificationEmailTemplates"))["CustomVerificationEmailTemplates"] == []
    await shop.v1("DeleteCustomVerificationEmailTemplate", TemplateName="welcome")


async def test_a_template_has_tags_and_lists_have_pages(shop: Client) -> None:
    tags = [{"Key": "team", "Value": "blue"}]
    for name in ("a", "b"):
        await shop.v2(
            "CreateCustomVerificationEmailTemplate", **{**TEMPLATE, "TemplateName": name}, Tags=tags
        )
    arn = "arn:aws:ses:us-east-1:000000000000:custom-verification-email-template/a"
    assert (await shop.v2("ListTagsForResource", ResourceArn=arn))["Tags"] == tags
    first = await shop.v1("ListCustomVerificationEmailTemplates", MaxResults=1)
    rest = await shop.v2("ListCustomVerificationEmailTemplates", NextToken=first["NextToken"])
    assert [each["TemplateName"] for each in rest["CustomVerificationEmailTemplates"]] == ["b"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"FromEmailAddress": "a@other.example"}, "FromEmailAddressNotVerifiedException"),
        ({"TemplateContent": "<p><script>x</script>"}, "CustomVerificationEmailInvalidContentException"),
        ({"TemplateContent": '<img src=x onerror="y">'}, "CustomVerificationEmailInvalidContentException"),
        ({"TemplateContent": "x" * (10 << 20) + "y"}, "CustomVerificationEmailInvalidContentException"),
        ({"SuccessRedirectionURL": "javascript:alert(1)"}, "InvalidParameterValue"),
        ({"FailureRedirectionURL": "https://x\r\nSet-Cookie: y"}, "InvalidParameterValue"),
        ({"TemplateName": "a b"}, "InvalidParameterValue"),
        ({"TemplateSubject": "a\r\nBcc: b@c.example"}, "InvalidParameterValue"),
    ],
)
async def test_what_no_such_mail_may_have_is_refused(shop: Client, change: dict[str, str], code: str) -> None:
    error = await shop.refusal_v1("CreateCustomVerificationEmailTemplate", **{**TEMPLATE, **change})
    assert error.code == code
    refused = await shop.refusal_v2("CreateCustomVerificationEmailTemplate", **{**TEMPLATE, **change})
    assert refused.code == "BadRequestException"


async def test_each_api_has_its_own_errors(shop: Client) -> None:
    await shop.v1("CreateCustomVerificationEmailTemplate", **TEMPLATE)
    error = await shop.refusal_v1("CreateCustomVerificationEmailTemplate", **TEMPLATE)
    assert error.code == "CustomVerificationEmailTemplateAlreadyExistsException"
    assert error.members == {"CustomVerificationEmailTemplateName": "welcome"}
    error = await shop.refusal_v2("CreateCustomVerificationEmailTemplate", **TEMPLATE)
    assert error.code == "AlreadyExistsException"
    for operation in ("Get", "Update"):
        error = await shop.refusal_v1(f"{operation}CustomVerificationEmailTemplate", TemplateName="x")
        assert error.code == "CustomVerificationEmailTemplateDoesNotExistException"
    for operation in ("Get", "Delete"):
        error = await shop.refusal_v2(f"{operation}CustomVerificationEmailTemplate", TemplateName="x")
        assert error.code == "NotFoundException"


async def test_an_account_has_fifty_templates_at_most(shop: Client) -> None:
    for number in range(50):
        await shop.v1("CreateCustomVerificationEmailTemplate", **{**TEMPLATE, "TemplateName": f"t{number}"})
    error = await shop.refusal_v1("CreateCustomVerificationEmailTemplate", **TEMPLATE)
    assert error.code == "LimitExceededException"


@pytest.fixture
def store(tmp_path: Any) -> Any:
    schemas = [
        versions.SCHEMA,
        schema.SCHEMA,
        identity_schema.SCHEMA,
        contact_lists.SCHEMA,
        templates.SCHEMA,
        journal.SCHEMA,
        queue.SCHEMA,
    ]
    opened = SqliteStore.open(tmp_path / "mail.db", schemas)
    yield opened
    opened.close()


@dataclass
class Desk:
    """A shop with a template, in an account that verifies addresses by mail."""

    client: Client
    store: SqliteStore
    verification: Verification
    policy: Policy = field(default_factory=Policy)

    async def send(self, api: int = 1, **more: str) -> str:
        sending = Sending(
            self.store, self.policy, "mail.example", Wake(), Wake(), lambda scope, now, count: True
        )
        handlers = (sending_v1 if api == 1 else sending_v2)(VerificationSending(sending, self.verification))
        params = {"EmailAddress": "joe@there.example", "TemplateName": "welcome", **more}
        answer = await handlers["SendCustomVerificationEmail"](self.client.caller, params)
        return str(answer["MessageId"])

    async def content(self, message_id: str) -> str:
        content = await self.store.read(lambda tx: contents.get(tx, message_id))
        return content.replace(b"=\r\n", b"").replace(b"=3D", b"=").decode()

    async def status(self) -> str:
        found = await self.client.v2("GetEmailIdentity", EmailIdentity="joe@there.example")
        status: str = found["VerificationStatus"]
        return status

    async def open(self, link: str, now: float = NOW, method: str = "POST") -> tuple[int, str]:
        """The status and the place to go on at, after the button is pressed; with GET, before that."""
        sent: list[MutableMapping[str, Any]] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        async def receive() -> MutableMapping[str, Any]:
            raise AssertionError("there is no body to read")

        app = verify_app(self.store, self.verification, ManualClock(now))
        query = link.partition("?")[2].encode()
        await app({"type": "http", "method": method, "query_string": query}, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]).get(b"location", b"").decode()


@pytest.fixture
async def desk(make_client: Callable[[Verification], Client], store: SqliteStore, here: Scope) -> Desk:
    client = make_client(Verification(Mode.AUTOMATIC))
    await client.v1("VerifyDomainIdentity", Domain="shop.example")
    await client.v1("CreateCustomVerificationEmailTemplate", **TEMPLATE)
    verification = Verification(Mode.MAIL, secret=b"secret", address=lambda: "https://mail.example")
    return Desk(make_client(verification), store, verification)


async def link_of(desk: Desk, message_id: str) -> str:
    content = await desk.content(message_id)
    assert "<h1>Hello</h1>" in content
    assert "disregard this message" in content
    found = re.search(r'href="(https://mail\.example/_verify\?token=[^"]+)"', content)
    assert found is not None, content
    return found[1]


@pytest.mark.parametrize("api", [1, 2])
async def test_the_mail_has_the_content_and_a_link_that_verifies(desk: Desk, api: int) -> None:
    link = await link_of(desk, await desk.send(api))
    assert await desk.open(link, method="GET") == (200, "")
    assert await desk.status() == "PENDING"
    assert await desk.open(link) == (303, TEMPLATE["SuccessRedirectionURL"])
    assert await desk.status() == "SUCCESS"


async def test_a_link_that_is_too_old_leads_to_the_other_place(desk: Desk) -> None:
    link = await link_of(desk, await desk.send())
    assert await desk.open(link, NOW + DAY + 1) == (303, TEMPLATE["FailureRedirectionURL"])
    assert await desk.status() == "PENDING"
    assert (await desk.open(link[:-3]))[0] == 400


async def refusal(desk: Desk, api: int = 1, **more: str) -> AwsError:
    with pytest.raises(AwsError) as refused:
        await desk.send(api, **more)
    return refused.value


async def test_what_stands_against_it_is_said_and_leaves_no_identity(desk: Desk) -> None:
    error = await refusal(desk, TemplateName="x")
    assert error.code == "CustomVerificationEmailTemplateDoesNotExistException"
    assert (await refusal(desk, 2, TemplateName="x")).code == "NotFoundException"
    error = await refusal(desk, ConfigurationSetName="x")
    assert error.code == "ConfigurationSetDoesNotExistException"
    assert (await refusal(desk, EmailAddress="there.example")).code == "InvalidParameterValue"
    desk.policy = Policy(sandbox=True)
    assert (await refusal(desk)).code == "ProductionAccessNotGrantedException"
    desk.policy = Policy()
    await desk.client.v1("DeleteIdentity", Identity="shop.example")
    assert (await refusal(desk)).code == "FromEmailAddressNotVerifiedException"
    assert (await refusal(desk, 2)).code == "BadRequestException"
    assert (await desk.client.v2("ListEmailIdentities"))["EmailIdentities"] == []
