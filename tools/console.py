"""Builds the web console into ``src/mailgauge/console/static``, unless its sources are as they were last time."""

import hashlib
import re
import sys
from pathlib import Path

from tools.node import npm

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "console"
STATIC = ROOT / "src" / "mailgauge" / "console" / "static"
STAMP = STATIC / ".sources"
#: npm's codes for a registry that is not there.
UNREACHABLE = re.compile(
    r"\b(ENOTFOUND|EAI_AGAIN|ECONN\w+|ENETUNREACH|EHOSTUNREACH|E\w*TIMEDOUT|ENOTCACHED|EPROTO)\b"
)


def digest_of(folder: Path) -> str:
    """One digest over the names and contents of every source file, dependencies left out."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not {"node_modules", "dist", ".vite"} & set(inside.parts):
            digest.update(f"{inside}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether the built page is that of the sources."""
    return STAMP.exists() and STAMP.read_text() == digest_of(SOURCES)


def main() -> int:
    """Without the npm registry there is no page but still a service, so that is no failure; a broken build is one."""
    if not (SOURCES / "package.json").exists():
        print("console: no sources in console/, nothing to build")
        return 0
    if is_current():
        return 0
    print("building the console", flush=True)
    try:
        npm("ci", cwd=SOURCES)
        npm("run", "build", cwd=SOURCES)
    except KeyboardInterrupt:
        print("\nconsole: interrupted, not built", file=sys.stderr)
        return 130
    except RuntimeError as error:
        print(error, file=sys.stderr)
        if not UNREACHABLE.search(str(error)):
            return 1
        print("The npm registry can't be reached: the service runs without its console.", file=sys.stderr)
        return 0
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(digest_of(SOURCES))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
