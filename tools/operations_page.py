"""The reference page of AWS operations (docs/reference/operations.md): what each does here, or that it does nothing.

What is answered comes from the table of handlers, what it does and whom it serves from ``operations.toml``.
"""

import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

<!-- Made by `make docs` from the service models, the table of handlers and tools/operations.toml. -->

**Essential** is what SDKs and the documented ways of sending and monitoring need, **useful** what common tools call
besides, **out of scope** what makes no sense when one hosts the sending oneself. An operation that is not answered gives
an error that names it: 400 `InvalidAction` or `UnknownOperationException`. The names are those of the service models that
the AWS SDKs and the AWS CLI share.
"""

TITLES = {
    "ses": "SES API v1",
    "sesv2": "SES API v2",
    "cloudwatch": "CloudWatch",
    "sts": "STS",
    "sns": "SNS",
    "sqs": "SQS",
}
CLASSES = {"essential": "essential", "useful": "useful", "out": "out of scope"}
NOTES = Path(__file__).with_name("operations.toml")


@dataclass(frozen=True, slots=True)
class Operation:
    """``importance`` is one of CLASSES; ``pending`` that its absence is known."""

    name: str
    importance: str
    note: str
    answered: bool
    pending: bool


def operations_page() -> str:
    services = operations()
    parts = [HEAD, "| service | essential | useful | out of scope |", "|---|---|---|---|"]
    parts += [_totals(service, found) for service, found in services.items()]
    for service, found in services.items():
        parts += [
            "",
            f"## {TITLES[service]}",
            "",
            "| operation | | answered | what it does here |",
            "|---|---|---|---|",
        ]
        parts += [_line(each) for each in found]
    return "\n".join([*parts, ""])


def operations() -> dict[str, list[Operation]]:
    """All operations of the service models by service. Raises KeyError for one that ``operations.toml`` says nothing of."""
    notes = tomllib.loads(NOTES.read_text())
    handlers, models = _handlers(), Models()
    return {
        service: list(
            _operations(sorted(models.load(service).operation_names), notes[service], handlers[service])
        )
        for service in apis.SERVICES
    }


def named() -> dict[str, set[str]]:
    """What ``operations.toml`` speaks of, by service."""
    return {
        service: {name for each in CLASSES for name in notes.get(each, {})} | set(notes.get("pending", ()))
        for service, notes in tomllib.loads(NOTES.read_text()).items()
    }


def _operations(names: list[str], notes: Mapping[str, Any], answered: set[str]) -> Iterator[Operation]:
    for name in names:
        importance = next((each for each in CLASSES if name in notes.get(each, {})), "out")
        note = notes[importance][name] if name in notes.get(importance, {}) else notes["rest"]
        yield Operation(name, importance, note, name in answered, name in notes.get("pending", ()))


def _totals(service: str, found: list[Operation]) -> str:
    cells = []
    for importance in CLASSES:
        of_class = [each for each in found if each.importance == importance]
        answered = sum(each.answered for each in of_class)
        cells.append(f"{answered} of {len(of_class)}" if importance != "out" else str(len(of_class)))
    return f"| [{TITLES[service]}](#{TITLES[service].lower().replace(' ', '-')}) | {' | '.join(cells)} |"


def _line(operation: Operation) -> str:
    answered = "yes" if operation.answered else "no"
    note = operation.note
    if not operation.answered and operation.importance != "out":
        note = f"Not built yet. {note}"
    return f"| `{operation.name}` | {CLASSES[operation.importance]} | {answered} | {note} |"


def _handlers() -> dict[str, set[str]]:
    """The operations as the service puts them together, over stores that are thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        directory = DataDirectory(Path(folder) / "data")
        directory.create()
        storage = Storage.open(directory)
        try:
            config = Config()
            made = apis.operations(
                config,
                storage,
                RowEngine(),
                SystemClock(),
                Verification(Mode.AUTOMATIC),
                sending=apis.sending(config, storage, Wake(), Wake()),
                alarms=Wake(),
                deliver=Wake(),
                mutes=Wake(),
                renderer=Renderer(INTERACTIVE),
            )
        finally:
            storage.close()
    return {service: set(handlers) for service, handlers in made.items()}
