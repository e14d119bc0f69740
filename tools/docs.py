"""Writes the reference pages that are generated from the code; ``--check`` only says whether they are current."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from mailgauge.config import reference
from tools.commands_page import commands_page
from tools.operations_page import operations_page

ROOT = Path(__file__).resolve().parent.parent

#: Page, relative to the repository, and what writes it.
PAGES: Mapping[str, Callable[[], str]] = {
    "docs/reference/commands.md": commands_page,
    "docs/reference/configuration.md": reference.page,
    "docs/reference/operations.md": operations_page,
}


def stale(root: Path, pages: Mapping[str, Callable[[], str]]) -> dict[Path, str]:
    """The pages whose file does not say what the code says now, with the text they should have."""
    texts = {root / name: write() for name, write in pages.items()}
    return {path: text for path, text in texts.items() if not path.exists() or path.read_text() != text}


def main(arguments: list[str]) -> int:
    pages = stale(ROOT, PAGES)
    for path, text in pages.items():
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is not current: run make docs")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if pages and "--check" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
