"""The configuration as everybody may read it who reads the log: without its secrets."""

from typing import Any, get_type_hints

import msgspec

from mailgauge.config.options import Config
from mailgauge.config.words import is_secret

_HIDDEN = "(hidden)"


def shown(config: Config) -> dict[str, dict[str, Any]]:
    """All options by section; a secret that is given is hidden, one that is not stays empty."""
    sections: dict[str, dict[str, Any]] = msgspec.to_builtins(config)
    for section, kind in get_type_hints(Config).items():
        for option, option_kind in get_type_hints(kind, include_extras=True).items():
            if is_secret(option_kind) and sections[section][option]:
                sections[section][option] = _HIDDEN
    return sections
