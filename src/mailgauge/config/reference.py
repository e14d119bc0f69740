"""The reference page of all options (docs/reference/configuration.md), made from their definition."""

import inspect
from typing import get_type_hints

import msgspec

from mailgauge.config.options import Config, local_defaults
from mailgauge.config.words import expected, toml

_HEAD = """# Configuration

<!-- Made by `make docs` from src/mailgauge/config/options.py. -->

Options come from one TOML file (`--config FILE`), then from the environment (`MAILGAUGE_<SECTION>_<OPTION>`, lists with
commas, tables as `NAME=VALUE` with commas), then from command-line flags; what comes later wins. A few have another default in `mailgauge local`.
"""


def page() -> str:
    """The page as Markdown."""
    lines = [_HEAD]
    local = local_defaults()
    for section, kind in get_type_hints(Config).items():
        lines += [
            f"## [{section}]",
            "",
            inspect.getdoc(kind) or "",
            "",
            "| option | default | takes | what it is |",
            "|---|---|---|---|",
        ]
        lines += [_row(section, field, local) for field in msgspec.structs.fields(kind)]
        lines.append("")
    return "\n".join(lines)


def _row(section: str, field: msgspec.structs.FieldInfo, local: Config) -> str:
    default = getattr(getattr(Config(), section), field.name)
    in_local = getattr(getattr(local, section), field.name)
    shown = f"`{toml(default)}`" + (f" (`local`: `{toml(in_local)}`)" if in_local != default else "")
    return f"| `{field.name}` | {shown} | {expected(field.type)} | {_description(field)} |"


def _description(field: msgspec.structs.FieldInfo) -> str:
    described = msgspec.inspect.type_info(field.type)
    extra = getattr(described, "extra_json_schema", None) or {}
    return str(extra.get("description", ""))
