"""Templates: ``sesv2/CreateEmailTemplate``, ``GetEmailTemplate``, ``UpdateEmailTemplate``, ``DeleteEmailTemplate``,
``ListEmailTemplates`` and ``TestRenderEmailTemplate``.
"""

from typing import Any

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.ids import new_message_id
from mailgauge.ses import arns, resource_tags, template_content, template_rendering, templates
from mailgauge.ses.api import paging
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.api.v2.errors import translated
from mailgauge.ses.api.v2.resource_tags import parse_tags, tag_list
from mailgauge.ses.limits import AMAZON, DEFAULT_TEMPLATES_PAGE, MAX_TEMPLATES_PAGE, Limits
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.template_content import TemplateContent
from mailgauge.ses.templates import Template
from mailgauge.store.transaction import Store, Tx


def template_operations(store: Store, renderer: Renderer, limits: Limits = AMAZON) -> dict[str, Handler]:
    offered = _Templates(store, renderer, limits)
    operations = {
        "CreateEmailTemplate": offered.create,
        "GetEmailTemplate": offered.get,
        "UpdateEmailTemplate": offered.update,
        "DeleteEmailTemplate": offered.delete,
        "ListEmailTemplates": offered.list,
        "TestRenderEmailTemplate": offered.test_render,
    }
    return {name: translated(handler) for name, handler in operations.items()}


def parse_content(given: dict[str, Any]) -> TemplateContent:
    return TemplateContent(given.get("Subject"), given.get("Text"), given.get("Html"))


class _Templates:
    def __init__(self, store: Store, renderer: Renderer, limits: Limits) -> None:
        self._store = store
        self._renderer = renderer
        self._limits = limits

    async def create(self, caller: Caller, params: Params) -> Result:
        name, content, tags = (
            params["TemplateName"],
            parse_content(params["TemplateContent"]),
            parse_tags(params),
        )
        templates.check(name, content, self._limits)
        await template_rendering.check_readable(self._renderer, name, content)
        await self._store.write(
            lambda tx: templates.create(
                tx, caller.scope, name, content, caller.now, tags=tags, limits=self._limits
            )
        )
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        def look(tx: Tx) -> tuple[Template, dict[str, str]]:
            found = templates.get(tx, caller.scope, params["TemplateName"])
            return found, resource_tags.of(tx, caller.scope, resource_tags.key(arns.TEMPLATE, found.name))

        found, tags = await self._store.read(look)
        parts = {"Subject": found.content.subject, "Text": found.content.text, "Html": found.content.html}
        given = {name: part for name, part in parts.items() if part is not None}
        return {"TemplateName": found.name, "TemplateContent": given, "Tags": tag_list(tags)}

    async def update(self, caller: Caller, params: Params) -> Result:
        name, content = params["TemplateName"], parse_content(params["TemplateContent"])
        await self._store.read(lambda tx: templates.get(tx, caller.scope, name))
        template_content.check(content, name, self._limits)
        await template_rendering.check_readable(self._renderer, name, content)
        await self._store.write(
            lambda tx: templates.update(tx, caller.scope, name, content, caller.now, limits=self._limits)
        )
        return {}

    async def delete(self, caller: Caller, params: Params) -> Result:
        await self._store.write(lambda tx: templates.delete(tx, caller.scope, params["TemplateName"]))
        return {}

    async def list(self, caller: Caller, params: Params) -> Result:
        after = paging.after(params.get("NextToken"))
        limit = min(params.get("PageSize") or DEFAULT_TEMPLATES_PAGE, MAX_TEMPLATES_PAGE)
        found = await self._store.read(lambda tx: templates.page(tx, caller.scope, after, limit + 1))
        shown, more = paging.page(found, limit, lambda each: each.place)
        listed = [
            {"TemplateName": each.name, "CreatedTimestamp": timestamp(each.created / 1000)} for each in shown
        ]
        return {"TemplatesMetadata": listed, **more}

    async def test_render(self, caller: Caller, params: Params) -> Result:
        found = await self._store.read(lambda tx: templates.get(tx, caller.scope, params["TemplateName"]))
        rendered = await template_rendering.try_rendering(
            self._renderer, found.content, params["TemplateData"]
        )
        message_id = f"<{new_message_id(caller.scope.region, caller.now)}@{caller.scope.region}>"
        return {"RenderedTemplate": template_rendering.preview(rendered, message_id, caller.now)}
