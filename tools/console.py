"""Builds the web console into ``src/mailgauge/console/static``, unless its sources are as they were last time."""

import hashlib
import sys
from pathlib import Path

from node import npm

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "console"
STATIC = ROOT / "src" / "mailgauge" / "console" / "static"
STAMP = STATIC / ".sources"


def digest_of(folder: Path) -> str:
    """One digest over the names and contents of every source file, dependencies left out."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not {"node_modules", "dist", ".vite"} & set(inside.parts):
            digest.update(f"{inside}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def main() -> int:
    if not (SOURCES / "package.json").exists():
        print("console: no sources in console/, nothing to build")
        return 0
    digest = digest_of(SOURCES)
    if STAMP.exists() and STAMP.read_text() == digest:
        return 0
    print("building the console")
    try:
        npm("ci", cwd=SOURCES)
        npm("run", "build", cwd=SOURCES)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(digest)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
