"""The reference page of AWS operations (docs/reference/operations.md): what answers, and what says it does not."""

import tempfile
from pathlib import Path

from mailgauge.aws.models import Models
from mailgauge.base.clock import SystemClock
from mailgauge.base.tasks import Wake
from mailgauge.config.options import Config
from mailgauge.server import apis
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.template_rendering import INTERACTIVE
from mailgauge.ses.verification import Mode, Verification
from mailgauge.tsdb.rows import RowEngine

HEAD = """# AWS operations

<!-- Made by `make docs` from the service models and the table of handlers. -->

An operation that is missing here answers an error that names it. The names are those of the service models that the
AWS SDKs and the AWS CLI share.
"""

TITLES = {"ses": "SES API v1", "sesv2": "SES API v2", "cloudwatch": "CloudWatch", "sts": "STS"}


def operations_page() -> str:
    handlers = _handlers()
    models = Models()
    parts = [HEAD, "| service | answered | of |", "|---|---|---|"]
    wanted = {service: sorted(models.load(service).operation_names) for service in apis.SERVICES}
    parts += [f"| {TITLES[name]} | {len(handlers[name])} | {len(wanted[name])} |" for name in apis.SERVICES]
    for service in apis.SERVICES:
        missing = [name for name in wanted[service] if name not in handlers[service]]
        parts += ["", f"## {TITLES[service]}", "", "Answered:", _listed(sorted(handlers[service]))]
        if missing:
            parts += ["", "Not answered yet:", _listed(missing)]
    return "\n".join([*parts, ""])


def _listed(names: list[str]) -> str:
    return "\n" + ",\n".join(f"`{name}`" for name in names) + "."


def _handlers() -> dict[str, set[str]]:
    """The operations as the service puts them together, over stores that are thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        directory = DataDirectory(Path(folder) / "data")
        directory.create()
        storage = Storage.open(directory)
        try:
            made = apis.operations(
                Config(),
                storage,
                RowEngine(),
                SystemClock(),
                Verification(Mode.AUTOMATIC),
                prepare=Wake(),
                alarms=Wake(),
                renderer=Renderer(INTERACTIVE),
            )
        finally:
            storage.close()
    return {service: set(handlers) for service, handlers in made.items()}
