"""Templates through both APIs over one state: names, limits, paging, and what they look like with data."""

import email
import email.policy
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mailgauge.base.scope import Scope
from mailgauge.ses import templates
from mailgauge.ses.api.v1.templates import template_operations as v1_templates
from mailgauge.ses.api.v2.templates import template_operations as v2_templates
from mailgauge.ses.errors import LimitExceededError
from mailgauge.ses.limits import Limits
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.template_content import TemplateContent
from mailgauge.ses.template_rendering import INTERACTIVE
from mailgauge.store.sqlite import SqliteStore
from tests.ses.control_client import NOW, Client

V1 = {"TemplateName": "welcome", "SubjectPart": "Hi {{name}}", "TextPart": "Dear {{name}}"}
V2 = {"Subject": "Hi {{name}}", "Html": "<p>{{name}}</p>"}


@pytest.fixture
async def ses(client: Client) -> AsyncIterator[Client]:
    renderer = Renderer(INTERACTIVE)
    store = client.parts.store
    handlers = {
        "ses": {**client.handlers["ses"], **v1_templates(store, renderer)},
        "sesv2": {**client.handlers["sesv2"], **v2_templates(store, renderer)},
    }
    object.__setattr__(client, "handlers", handlers)
    yield client
    await renderer.close()


def later(client: Client, seconds: float) -> Client:
    moved = client.at(NOW + seconds)
    object.__setattr__(moved, "handlers", client.handlers)
    return moved


async def test_what_v1_creates_v2_gets(ses: Client) -> None:
    await ses.v1("CreateTemplate", Template=V1)
    found = await ses.v2("GetEmailTemplate", TemplateName="welcome")
    assert found == {
        "TemplateName": "welcome",
        "TemplateContent": {"Subject": "Hi {{name}}", "Text": "Dear {{name}}"},
        "Tags": [],
    }


async def test_what_v2_creates_v1_gets(ses: Client) -> None:
    await ses.v2("CreateEmailTemplate", TemplateName="offer", TemplateContent=V2)
    found = await ses.v1("GetTemplate", TemplateName="offer")
    assert found == {
        "Template": {"TemplateName": "offer", "SubjectPart": "Hi {{name}}", "HtmlPart": "<p>{{name}}</p>"}
    }


async def test_an_update_replaces_everything(ses: Client) -> None:
    await ses.v1("CreateTemplate", Template=V1)
    await ses.v2("UpdateEmailTemplate", TemplateName="welcome", TemplateContent=V2)
    assert (await ses.v1("GetTemplate", TemplateName="welcome"))["Template"].get("TextPart") is None
    await ses.v1("UpdateTemplate", Template=V1)
    assert "Html" not in (await ses.v2("GetEmailTemplate", TemplateName="welcome"))["TemplateContent"]


async def test_tags_of_a_template_can_be_given_listed_and_removed(ses: Client) -> None:
    tags = [{"Key": "team", "Value": "growth"}]
    await ses.v2("CreateEmailTemplate", TemplateName="offer", TemplateContent=V2, Tags=tags)
    arn = "arn:aws:ses:us-east-1:000000000000:template/offer"
    assert (await ses.v2("ListTagsForResource", ResourceArn=arn))["Tags"] == tags
    await ses.v2("UntagResource", ResourceArn=arn, TagKeys=["team"])
    assert (await ses.v2("GetEmailTemplate", TemplateName="offer"))["Tags"] == []


async def test_deleting_twice_is_an_error_in_v2_only(ses: Client) -> None:
    await ses.v1("CreateTemplate", Template=V1)
    await ses.v2("DeleteEmailTemplate", TemplateName="welcome")
    await ses.v1("DeleteTemplate", TemplateName="welcome")
    refused = await ses.refusal_v2("DeleteEmailTemplate", TemplateName="welcome")
    assert (refused.code, refused.message) == ("NotFoundException", "Template welcome does not exist")


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("GetTemplate", {"TemplateName": "none"}),
        ("UpdateTemplate", {"Template": {**V1, "TemplateName": "none"}}),
        ("TestRenderTemplate", {"TemplateName": "none", "TemplateData": "{}"}),
    ],
)
async def test_a_template_that_is_not_there_is_named(
    ses: Client, operation: str, params: dict[str, Any]
) -> None:
    refused = await ses.refusal_v1(operation, **params)
    assert refused.code == "TemplateDoesNotExistException"
    assert refused.message == "Template none does not exist"
    assert refused.members == {"TemplateName": "none"}


async def test_a_name_is_taken_once(ses: Client) -> None:
    await ses.v1("CreateTemplate", Template=V1)
    refused = await ses.refusal_v1("CreateTemplate", Template=V1)
    assert refused.code == "AlreadyExistsException"
    refused = await ses.refusal_v2("CreateEmailTemplate", TemplateName="welcome", TemplateContent=V2)
    assert refused.code == "AlreadyExistsException"
    assert refused.message == "Template welcome already exists for account id 000000000000"


async def test_templates_belong_to_their_region(ses: Client) -> None:
    await ses.v1("CreateTemplate", Template=V1)
    abroad = ses.at(NOW, "eu-west-1")
    object.__setattr__(abroad, "handlers", ses.handlers)
    assert (await abroad.v1("ListTemplates"))["TemplatesMetadata"] == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"TemplateName": ""}, "The template name must be specified."),
        ({"TemplateName": "a" * 65}, "Template name cannot exceed 64 characters."),
        (
            {"TemplateName": "a b"},
            "Invalid template name <a b>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
        ),
        ({"SubjectPart": ""}, "The subject must be specified."),
        ({"TextPart": ""}, "The text or the HTML part must be specified."),
        ({"TextPart": "x" * (500 * 1024)}, "Template size exceeds 512000 bytes: '512011'."),
    ],
)
async def test_what_no_template_may_be(ses: Client, change: dict[str, str], text: str) -> None:
    refused = await ses.refusal_v1("CreateTemplate", Template={**V1, **change})
    assert (refused.code, refused.message) == ("InvalidParameterValue", text)


@pytest.mark.parametrize(
    "source",
    ["{{#if a}}never closed", "{{name", "{{> nobody}}", "{{unknown helper}}", "{{ses:openTracker}}" * 2],
)
async def test_handlebars_that_cannot_be_read_are_refused(ses: Client, source: str) -> None:
    refused = await ses.refusal_v1("CreateTemplate", Template={**V1, "HtmlPart": source})
    assert refused.code == "InvalidTemplateException"
    assert refused.members == {"TemplateName": "welcome"}
    refused = await ses.refusal_v2(
        "CreateEmailTemplate", TemplateName="offer", TemplateContent={**V2, "Html": source}
    )
    assert refused.code == "BadRequestException"


async def test_lists_show_the_newest_first_ten_a_page(ses: Client) -> None:
    for number in range(12):
        await later(ses, number).v1("CreateTemplate", Template={**V1, "TemplateName": f"t{number}"})
    first = await ses.v1("ListTemplates")
    assert [each["Name"] for each in first["TemplatesMetadata"]] == [f"t{n}" for n in range(11, 1, -1)]
    rest = await ses.v1("ListTemplates", NextToken=first["NextToken"])
    assert [each["Name"] for each in rest["TemplatesMetadata"]] == ["t1", "t0"]
    assert "NextToken" not in rest
    everything = await ses.v2("ListEmailTemplates", PageSize=1000)
    assert everything["TemplatesMetadata"][0]["TemplateName"] == "t11"
    assert everything["TemplatesMetadata"][-1]["CreatedTimestamp"].timestamp() == NOW


async def test_a_token_that_is_none_of_ours_is_refused(ses: Client) -> None:
    assert (await ses.refusal_v1("ListTemplates", NextToken="YWZ0ZXI6eA")).code == "InvalidParameterValue"
    assert (await ses.refusal_v2("ListEmailTemplates", NextToken="???")).code == "BadRequestException"


async def test_a_test_rendering_is_a_whole_message(ses: Client) -> None:
    content = {**V2, "Text": "Dear {{name}}, {{#each items}}{{this}};{{/each}}"}
    await ses.v2("CreateEmailTemplate", TemplateName="offer", TemplateContent=content)
    data = json.dumps({"name": "Zoë <z>", "items": [1, 2]})
    for rendered in (
        (await ses.v1("TestRenderTemplate", TemplateName="offer", TemplateData=data))["RenderedTemplate"],
        (await ses.v2("TestRenderEmailTemplate", TemplateName="offer", TemplateData=data))[
            "RenderedTemplate"
        ],
    ):
        message = email.message_from_string(rendered, policy=email.policy.default)
        assert message["From"] is None
        assert message["Subject"] == "Hi Zoë <z>"
        assert message["MIME-Version"] == "1.0"
        assert message["Date"]
        text, html = message.iter_parts()
        assert text.get_content() == "Dear Zoë <z>, 1;2;"
        assert html.get_content() == "<p>Zoë <z></p>"


async def test_a_test_rendering_is_of_the_template_as_it_is_now(ses: Client) -> None:
    async def shown(name: str) -> str:
        answer = await ses.v1("TestRenderTemplate", TemplateName=name, TemplateData='{"name": "Zoë"}')
        rendered = email.message_from_string(answer["RenderedTemplate"], policy=email.policy.default)
        return str(rendered["Subject"])

    for name in ("first", "second"):
        await ses.v2("CreateEmailTemplate", TemplateName=name, TemplateContent={**V2, "Subject": name})
    assert [await shown("first"), await shown("second")] == ["first", "second"]
    changed = {**V2, "Subject": "changed, {{name}}"}
    await ses.v2("UpdateEmailTemplate", TemplateName="first", TemplateContent=changed)
    assert [await shown("first"), await shown("second")] == ["changed, Zoë", "second"]


@pytest.mark.parametrize(
    ("data", "code", "text"),
    [
        ("{", "InvalidRenderingParameterException", "Template rendering data is invalid"),
        ("[]", "InvalidRenderingParameterException", "Template rendering data is invalid"),
        (
            "{}",
            "MissingRenderingAttributeException",
            "Attribute 'name' is not present in the rendering data.",
        ),
        (
            '{"name": null}',
            "MissingRenderingAttributeException",
            "Attribute 'name' is not present in the rendering data.",
        ),
    ],
)
async def test_a_test_rendering_tells_what_is_wrong_with_the_data(
    ses: Client, data: str, code: str, text: str
) -> None:
    await ses.v1("CreateTemplate", Template=V1)
    refused = await ses.refusal_v1("TestRenderTemplate", TemplateName="welcome", TemplateData=data)
    assert (refused.code, refused.message) == (code, text)
    assert refused.members == {"TemplateName": "welcome"}
    refused = await ses.refusal_v2("TestRenderEmailTemplate", TemplateName="welcome", TemplateData=data)
    assert (refused.code, refused.message) == ("BadRequestException", text)


async def test_an_account_has_so_many_templates_and_no_more(store: SqliteStore, here: Scope) -> None:
    limits = Limits(templates=1)
    content = TemplateContent("s", "t")
    await store.write(lambda tx: templates.create(tx, here, "one", content, NOW, limits=limits))
    with pytest.raises(LimitExceededError):
        await store.write(lambda tx: templates.create(tx, here, "two", content, NOW, limits=limits))


async def test_content_is_kept_while_a_template_or_a_recent_message_uses_it(
    store: SqliteStore, here: Scope
) -> None:
    content = TemplateContent("s", "t")
    await store.write(lambda tx: templates.create(tx, here, "one", content, NOW))
    digest = await store.write(lambda tx: templates.digest_of(tx, here, "one", NOW + 7200))
    assert await store.write(lambda tx: templates.forget_content(tx, before=NOW + 9999, limit=9)) == 0
    await store.write(lambda tx: templates.delete(tx, here, "one"))
    assert await store.write(lambda tx: templates.forget_content(tx, before=NOW + 7000, limit=9)) == 0
    assert await store.read(lambda tx: templates.content_of(tx, here, digest)) == content
    assert await store.write(lambda tx: templates.forget_content(tx, before=NOW + 9999, limit=9)) == 1
