"""[template.render]: renders a second and core of a table of ten rows, as the service renders accepted messages.

The rendering process takes batches through its pipe. What counts is processor time: that of the process which renders
and that of the one which asks, together. The same library in Node on the same data stands beside it.
"""

import asyncio
import json
import resource
import subprocess
import time
from pathlib import Path

from bench.result import Peer, Result
from mailgauge.ses.rendering import process
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.rendering.work import Job
from mailgauge.ses.template_worker import QUICK, QUICK_LANE
from tools.node import node

BATCHES = 300
HTML = (
    "<p>Dear {{name}},</p><table>{{#each rows}}<tr><td>{{name}}</td><td>{{price}} {{../currency}}</td>"
    "<td>{{#if stock}}in stock{{else}}sold out{{/if}}</td></tr>{{/each}}</table>"
)
PARTS = ("Your order, {{name}}", None, HTML)
ROWS = [{"name": f"article {n}", "price": f"{n}.50", "stock": n % 2} for n in range(10)]
DATA = json.dumps({"name": "Ann", "currency": "EUR", "rows": ROWS})

IN_NODE = """
const Handlebars = require(process.argv[1]);
const { parts, data, count } = JSON.parse(process.argv[2]);
const compiled = parts.filter(Boolean).map((part) => Handlebars.compile(part, { noEscape: true }));
const render = () => { const values = JSON.parse(data); return compiled.map((part) => part(values)); };
for (let n = 0; n < 2000; n++) render();
const began = process.cpuUsage();
for (let n = 0; n < count; n++) render();
const { user, system } = process.cpuUsage(began);
console.log(count / ((user + system) / 1e6));
"""


def measure() -> list[Result]:
    before = _processor_seconds()
    began = time.monotonic()
    count = asyncio.run(_render())
    wall = time.monotonic() - began
    used = _processor_seconds() - before
    detail = {"renders": count, "renders_per_second_of_wall": round(count / wall, 1)}
    peer = Peer("Handlebars.js in Node", _in_node(), "compiled by V8, no pipe, no limits")
    return [Result("template.render", count / used, "renders/s and core", "higher", (peer,), detail)]


async def _render() -> int:
    renderer = Renderer(QUICK)
    jobs = [Job("order", DATA)] * QUICK_LANE.batch
    for _ in range(BATCHES):
        outcomes = await renderer.render(jobs, {"order": PARTS})
    await renderer.close()
    if outcomes[-1].problem is not None:
        raise RuntimeError(f"not rendered: {outcomes[-1]}")
    return BATCHES * len(jobs)


def _processor_seconds() -> float:
    """Ours, and that of our children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _in_node() -> float:
    library = Path(process.__file__).parent / "handlebars.min.js"
    work = json.dumps({"parts": PARTS, "data": DATA, "count": 20_000})
    done = subprocess.run(
        [node(), "-e", IN_NODE, library, work], capture_output=True, text=True, check=True, timeout=120
    )
    return float(done.stdout)
