"""Templates and the rendering process: whether one can be read, and what one looks like with data (``ses/TestRenderTemplate``)."""

from mailgauge.mail import headers, mime
from mailgauge.ses import template_content
from mailgauge.ses.errors import (
    InvalidParameterError,
    InvalidRenderingDataError,
    InvalidTemplateError,
    MissingAttributeError,
)
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.rendering.work import Job, Limits, Outcome, Problem, Sources
from mailgauge.ses.template_content import TemplateContent
from mailgauge.ses.templated import parse_data

# For calls that wait for the answer. Reading grows with the size of a template, which may be half a megabyte.
CHARSET = "UTF-8"
INTERACTIVE = Limits(compiling=5.0, rendering=1.0)


async def check_readable(renderer: Renderer, name: str, content: TemplateContent) -> None:
    """Raises InvalidTemplateError for Handlebars that can't be read and for partials that don't exist."""
    checked = await renderer.check(sources(content))
    if checked.problem is not None:
        raise InvalidTemplateError(name, checked.detail)


async def try_rendering(renderer: Renderer, content: TemplateContent, data: str) -> Outcome:
    """The parts with the data. Raises InvalidRenderingDataError and MissingAttributeError."""
    try:
        parse_data(data)
    except InvalidParameterError as error:
        raise InvalidRenderingDataError(str(error)) from error
    key = template_content.digest(template_content.encode(content)).hex()
    [rendered] = await renderer.render([Job(key, data)], {key: sources(content)})
    if rendered.problem is Problem.MISSING:
        raise MissingAttributeError(rendered.detail)
    if rendered.problem is not None:
        raise InvalidRenderingDataError(rendered.detail)
    return rendered


def failure_text(rendered: Outcome) -> str:
    """``errorMessage`` of the Rendering Failure event."""
    if rendered.problem is Problem.MISSING:
        return str(MissingAttributeError(rendered.detail))
    return rendered.detail


def preview(rendered: Outcome, message_id: str, now: float) -> str:
    """The rendered parts as a message, without anybody it is from or to. Raises InvalidRenderingDataError."""
    message = mime.SimpleMessage(
        from_="nobody@invalid",
        subject=rendered.subject,
        subject_charset=CHARSET,
        text=rendered.text,
        text_charset=CHARSET,
        html=rendered.html,
        html_charset=CHARSET,
        date=now,
        message_id=message_id,
    )
    try:
        return headers.without(mime.assemble(message), {"From"}).decode("ascii", "replace")
    except ValueError as error:
        raise InvalidRenderingDataError(str(error)) from error


def sources(content: TemplateContent) -> Sources:
    return content.subject, content.text or None, content.html or None
