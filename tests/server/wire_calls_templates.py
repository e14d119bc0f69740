"""How every operation on templates is called over the wire, and how it fails."""

from typing import Any

from tests.server.wire import LOOKED_UP, Call, Fails, Operation, Table, Works, many

V1 = {"TemplateName": "hello", "SubjectPart": "Hello {{name}}", "TextPart": "Dear {{name}}"}
V2: dict[str, Any] = {
    "TemplateName": "hello",
    "TemplateContent": {"Subject": "Hello {{name}}", "Html": "<p>Dear {{name}}</p>"},
}
MADE_V1 = Call("ses.CreateTemplate", {"Template": V1})
MADE_V2 = Call("sesv2.CreateEmailTemplate", V2)
MISSING = {"TemplateName": "missing"}
BAD_TOKEN = {"NextToken": "not a token"}
_BAD = "{{#each names}} without an end"
_FULL = (MADE_V1, many("template", 20_000))


def _renders(answer: str) -> bool:
    return "Subject: Hello Ann" in answer and "Dear Ann" in answer


TEMPLATES: Table = {
    "ses.CreateTemplate": Operation(
        Works(
            {"Template": V1}, then=[(Call("ses.GetTemplate", {"TemplateName": "hello"}), {"Template": V1})]
        ),
        AlreadyExistsException=Fails({"Template": V1}, [MADE_V1], "hello already exists"),
        InvalidTemplateException=Fails({"Template": {**V1, "TextPart": _BAD}}),
        LimitExceededException=Fails({"Template": {**V1, "TemplateName": "more"}}, _FULL),
    ),
    "ses.GetTemplate": Operation(
        Works({"TemplateName": "hello"}, {"Template": V1}, [MADE_V1]),
        TemplateDoesNotExistException=Fails(MISSING),
    ),
    "ses.UpdateTemplate": Operation(
        Works(
            {"Template": {"TemplateName": "hello", "SubjectPart": "Bye", "HtmlPart": "<p>Bye</p>"}},
            given=[MADE_V1],
            then=[
                (
                    Call("ses.GetTemplate", {"TemplateName": "hello"}),
                    {"Template": lambda found: found["SubjectPart"] == "Bye" and "TextPart" not in found},
                )
            ],
        ),
        TemplateDoesNotExistException=Fails({"Template": {**V1, **MISSING}}),
        InvalidTemplateException=Fails({"Template": {**V1, "TextPart": _BAD}}, [MADE_V1]),
    ),
    "ses.DeleteTemplate": Operation(
        Works(
            {"TemplateName": "hello"},
            given=[MADE_V1],
            then=[(Call("ses.ListTemplates"), {"TemplatesMetadata": []})],
        ),
        Works(MISSING),
    ),
    "ses.ListTemplates": Operation(
        Works(answer={"TemplatesMetadata": [{"Name": "hello"}]}, given=[MADE_V1]),
        Works(
            {"MaxItems": 1, "NextToken": "(token)"},
            {"TemplatesMetadata": [{"Name": str}]},
            [
                MADE_V1,
                Call("ses.CreateTemplate", {"Template": {**V1, "TemplateName": "second"}}),
                Call("ses.ListTemplates", {"MaxItems": 1}),
            ],
        ),
    ),
    "ses.TestRenderTemplate": Operation(
        Works(
            {"TemplateName": "hello", "TemplateData": '{"name": "Ann"}'},
            {"RenderedTemplate": _renders},
            [MADE_V1],
        ),
        TemplateDoesNotExistException=Fails({**MISSING, "TemplateData": "{}"}),
        InvalidRenderingParameterException=Fails(
            {"TemplateName": "hello", "TemplateData": "no JSON"}, [MADE_V1]
        ),
        MissingRenderingAttributeException=Fails(
            {"TemplateName": "hello", "TemplateData": "{}"}, [MADE_V1], "name"
        ),
    ),
    "sesv2.CreateEmailTemplate": Operation(
        Works(
            {**V2, "Tags": [{"Key": "team", "Value": "post"}]},
            then=[
                (
                    Call("sesv2.GetEmailTemplate", {"TemplateName": "hello"}),
                    {**V2, "Tags": [{"Key": "team", "Value": "post"}]},
                )
            ],
        ),
        AlreadyExistsException=Fails(V2, [MADE_V1]),
        BadRequestException=Fails({**V2, "TemplateContent": {"Subject": "x", "Text": _BAD}}),
        LimitExceededException=Fails({**V2, "TemplateName": "more"}, _FULL),
    ),
    "sesv2.GetEmailTemplate": Operation(
        Works({"TemplateName": "hello"}, V2, [MADE_V2]),
        NotFoundException=Fails(MISSING),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.UpdateEmailTemplate": Operation(
        Works(
            {"TemplateName": "hello", "TemplateContent": {"Subject": "Bye", "Text": "Bye"}},
            given=[MADE_V2],
            then=[
                (
                    Call("sesv2.GetEmailTemplate", {"TemplateName": "hello"}),
                    {"TemplateContent": lambda found: found == {"Subject": "Bye", "Text": "Bye"}},
                )
            ],
        ),
        NotFoundException=Fails({**V2, **MISSING}),
        BadRequestException=Fails({**V2, "TemplateContent": {"Subject": "x", "Text": _BAD}}, [MADE_V2]),
    ),
    "sesv2.DeleteEmailTemplate": Operation(
        Works(
            {"TemplateName": "hello"},
            given=[MADE_V2],
            then=[(Call("sesv2.ListEmailTemplates"), {"TemplatesMetadata": []})],
        ),
        NotFoundException=Fails(MISSING),
        BadRequestException=LOOKED_UP,
    ),
    "sesv2.ListEmailTemplates": Operation(
        Works(answer={"TemplatesMetadata": [{"TemplateName": "hello"}]}, given=[MADE_V2]),
        Works(
            {"PageSize": 1, "NextToken": "(token)"},
            {"TemplatesMetadata": [{"TemplateName": str}]},
            [
                MADE_V2,
                Call("sesv2.CreateEmailTemplate", {**V2, "TemplateName": "second"}),
                Call("sesv2.ListEmailTemplates", {"PageSize": 1}),
            ],
        ),
        BadRequestException=Fails(BAD_TOKEN),
    ),
    "sesv2.TestRenderEmailTemplate": Operation(
        Works(
            {"TemplateName": "hello", "TemplateData": '{"name": "Ann"}'},
            {"RenderedTemplate": _renders},
            [MADE_V2],
        ),
        NotFoundException=Fails({**MISSING, "TemplateData": "{}"}),
        BadRequestException=Fails({"TemplateName": "hello", "TemplateData": "{}"}, [MADE_V2]),
    ),
}
