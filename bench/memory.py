"""What a process and its children hold in memory, read from /proc."""

from pathlib import Path


def family(pid: int) -> list[int]:
    """The process and everything it started."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for child in task.read_text().split()
    ]
    return [pid, *(member for child in children for member in family(child))]


def megabytes(pid: int) -> dict[str, float]:
    """``rss`` counts what processes share once for each of them, ``pss`` once in all."""
    sums = {"rss": 0, "pss": 0}
    for member in family(pid):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.lower() in sums:
                sums[name.lower()] += int(value.split()[0])
    return {name: kilobytes / 1024 for name, kilobytes in sums.items()}
