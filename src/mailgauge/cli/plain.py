"""Strangers' text and times as the commands print them: the text must not drive the operator's terminal."""

from datetime import UTC, datetime


def on_one_line(text: str) -> str:
    return harmless(" ".join(text.split()))


def harmless(text: str) -> str:
    return "".join(
        each if each.isprintable() or each in "\n\t" else "�" for each in text.replace("\r\n", "\n")
    )


def moment(seconds: float) -> str:
    """``2026-11-23T18:05:00.123Z``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
