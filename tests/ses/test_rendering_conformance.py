"""The rendering agrees with Handlebars.js as Node runs it, on every documented feature."""

import json
import subprocess
from functools import cache
from pathlib import Path

import pytest

from mailgauge.ses.rendering import engine
from mailgauge.ses.rendering.engine import Engine
from mailgauge.ses.rendering.work import Job, Limits
from tests.ses.handlebars_cases import FEATURES, Case
from tools.node import node

# Not escaping is a difference that SES documents. Text on both sides keeps Handlebars from adding numbers up.
IN_NODE = """
const Handlebars = require(process.argv[1]);
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
const render = ([template, data]) => Handlebars.compile(template, { noEscape: true })(data);
console.log(JSON.stringify(cases.map(render)));
"""
LIMITS = Limits(compiling=30, rendering=30)
CASES = [(feature, number) for feature, cases in FEATURES.items() for number in range(len(cases))]


@cache
def of_node(feature: str) -> list[str]:
    library = Path(engine.__file__).parent / "handlebars.min.js"
    cases: list[Case] = FEATURES[feature]
    done = subprocess.run(
        [node(), "-e", IN_NODE, library], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    rendered: list[str] = json.loads(done.stdout)
    return rendered


@pytest.fixture(scope="module")
def ours() -> Engine:
    return Engine()


def test_there_are_cases_enough() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize(("feature", "number"), CASES)
def test_a_template_renders_as_handlebars_does(ours: Engine, feature: str, number: int) -> None:
    template, data = FEATURES[feature][number]
    outcome = ours.render(Job(f"{feature} {number}", json.dumps(data)), (None, None, template), LIMITS)
    assert outcome.problem is None, outcome
    assert outcome.html == of_node(feature)[number]
