"""Templates: ``ses/CreateTemplate``, ``GetTemplate``, ``UpdateTemplate``, ``DeleteTemplate``, ``ListTemplates``, ``TestRenderTemplate``."""

from contextlib import suppress

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.base.ids import new_message_id
from mailgauge.ses import template_content, template_rendering, templates
from mailgauge.ses.api import paging
from mailgauge.ses.api.times import timestamp
from mailgauge.ses.api.v1.errors import translated
from mailgauge.ses.errors import TemplateNotFoundError
from mailgauge.ses.limits import AMAZON, DEFAULT_TEMPLATES_PAGE, MAX_TEMPLATES_PAGE, Limits
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.template_content import TemplateContent
from mailgauge.store.transaction import Store


def template_operations(store: Store, renderer: Renderer, limits: Limits = AMAZON) -> dict[str, Handler]:
    offered = _Templates(store, renderer, limits)
    operations = {
        "CreateTemplate": offered.create,
        "GetTemplate": offered.get,
        "UpdateTemplate": offered.update,
        "DeleteTemplate": offered.delete,
        "ListTemplates": offered.list,
        "TestRenderTemplate": offered.test_render,
    }
    return {name: translated(handler) for name, handler in operations.items()}


class _Templates:
    def __init__(self, store: Store, renderer: Renderer, limits: Limits) -> None:
        self._store = store
        self._renderer = renderer
        self._limits = limits

    async def create(self, caller: Caller, params: Params) -> Result:
        name, content = params["Template"]["TemplateName"], _content(params)
        templates.check(name, content, self._limits)
        await template_rendering.check_readable(self._renderer, name, content)
        await self._store.write(
            lambda tx: templates.create(tx, caller.scope, name, content, caller.now, limits=self._limits)
        )
        return {}

    async def get(self, caller: Caller, params: Params) -> Result:
        found = await self._store.read(lambda tx: templates.get(tx, caller.scope, params["TemplateName"]))
        parts = {
            "SubjectPart": found.content.subject,
            "TextPart": found.content.text,
            "HtmlPart": found.content.html,
        }
        given = {name: part for name, part in parts.items() if part is not None}
        return {"Template": {"TemplateName": found.name, **given}}

    async def update(self, caller: Caller, params: Params) -> Result:
        name, content = params["Template"]["TemplateName"], _content(params)
        await self._store.read(lambda tx: templates.get(tx, caller.scope, name))
        template_content.check(content, name, self._limits)
        await template_rendering.check_readable(self._renderer, name, content)
        await self._store.write(
            lambda tx: templates.update(tx, caller.scope, name, content, caller.now, limits=self._limits)
        )
        return {}

    async def delete(self, caller: Caller, params: Params) -> Result:
        # Unlike v2, this API has no error for a template that is not there.
        with suppress(TemplateNotFoundError):
            await self._store.write(lambda tx: templates.delete(tx, caller.scope, params["TemplateName"]))
        return {}

    async def list(self, caller: Caller, params: Params) -> Result:
        after = paging.after(params.get("NextToken"))
        limit = min(params.get("MaxItems") or DEFAULT_TEMPLATES_PAGE, MAX_TEMPLATES_PAGE)
        found = await self._store.read(lambda tx: templates.page(tx, caller.scope, after, limit + 1))
        shown, more = paging.page(found, limit, lambda each: each.place)
        listed = [{"Name": each.name, "CreatedTimestamp": timestamp(each.created / 1000)} for each in shown]
        return {"TemplatesMetadata": listed, **more}

    async def test_render(self, caller: Caller, params: Params) -> Result:
        found = await self._store.read(lambda tx: templates.get(tx, caller.scope, params["TemplateName"]))
        rendered = await template_rendering.try_rendering(
            self._renderer, found.content, params["TemplateData"]
        )
        message_id = f"<{new_message_id(caller.scope.region, caller.now)}@{caller.scope.region}>"
        return {"RenderedTemplate": template_rendering.preview(rendered, message_id, caller.now)}


def _content(params: Params) -> TemplateContent:
    given = params["Template"]
    return TemplateContent(given.get("SubjectPart"), given.get("TextPart"), given.get("HtmlPart"))
