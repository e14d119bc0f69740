"""`make check` notices a generated page that no longer says what the code says."""

from pathlib import Path

from tools import docs


def test_a_page_that_differs_or_is_missing_is_stale(tmp_path: Path) -> None:
    (tmp_path / "same.md").write_text("text")
    (tmp_path / "old.md").write_text("old")
    pages = {"same.md": lambda: "text", "old.md": lambda: "new", "missing.md": lambda: "first"}
    assert docs.stale(tmp_path, pages) == {tmp_path / "old.md": "new", tmp_path / "missing.md": "first"}
