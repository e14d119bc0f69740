"""Runs every benchmark, or those named, prints a table and writes ``build/bench.json``."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import (
    alarms,
    memory_idle,
    metric_queries,
    search,
    send_accept,
    send_delivered,
    start_cold,
    template_render,
    widget_image,
)
from bench.result import Result

REPORT = Path(__file__).resolve().parent.parent / "build" / "bench.json"

BENCHMARKS: Mapping[str, Callable[[], list[Result]]] = {
    "start.cold": start_cold.measure,
    "memory.idle": memory_idle.measure,
    "send.accept": send_accept.measure,
    "send.delivered": send_delivered.measure,
    "template.render": template_render.measure,
    "query": metric_queries.measure,
    "search.1m": search.measure,
    "image.widget": widget_image.measure,
    "alarms.10k": alarms.measure,
}


def table(results: list[Result]) -> Table:
    shown = Table("benchmark", "value", "unit", "better", "peer", "its value", "ratio")
    for result in results:
        for number, peer in enumerate(result.peers or (None,)):
            ours = (
                [result.name, f"{result.value:,.2f}", result.unit, result.better] if number == 0 else [""] * 4
            )
            theirs = [peer.name, f"{peer.value:,.2f}", f"{result.ratio_to(peer):.2f}"] if peer else [""] * 3
            shown.add_row(*ours, *theirs)
    return shown


def remarks(results: list[Result]) -> list[str]:
    """What has to be said beside the peers' numbers, and the details behind ours."""
    lines = [f"{result.name}: {peer.name} {peer.remark}" for result in results for peer in result.peers]
    return lines + [f"{result.name}: {json.dumps(result.detail)}" for result in results if result.detail]


def main(names: list[str]) -> int:
    if unknown := set(names) - set(BENCHMARKS):
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
        return 2
    console = Console(width=None if sys.stdout.isatty() else 110)
    results: list[Result] = []
    failed = 0
    for name in names or BENCHMARKS:
        console.print(f"[dim]{name} ...")
        try:
            results += BENCHMARKS[name]()
        except Exception as error:  # noqa: BLE001 - one that fails is named, the others still run
            console.print(f"{name} failed: {error}", markup=False)
            failed = 1
    console.print(table(results))
    print(*remarks(results), sep="\n")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n")
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
