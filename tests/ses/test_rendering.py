"""The rendering process: strict about variables, deaf to hostile templates, and back after whatever ends it."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mailgauge.ses.rendering import process
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.rendering.work import Job, Limits, Outcome, Problem

LIMITS = Limits(compiling=5.0, rendering=0.3)
GOOD = ("For {{name}}", "Dear {{name}}", None)
ENDLESS = (
    None,
    None,
    "{{#each l}}{{#each ../l}}{{#each ../../l}}{{#each ../../../l}}x{{/each}}{{/each}}{{/each}}{{/each}}",
)
RECURSIVE = (None, None, '{{#*inline "p"}}{{> p}}{{/inline}}\n{{> p}}')
DOUBLING = (
    None,
    None,
    '{{#*inline "p"}}{{#if n.n}}{{#with n}}{{> p}}{{> p}}{{> p}}{{/with}}{{else}}'
    + "m" * 100_000
    + "{{/if}}{{/inline}}\n{{> p}}",
)
NESTED: dict[str, Any] = {}
for _ in range(10):
    NESTED = {"n": NESTED}


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    renderer = Renderer(LIMITS)
    yield renderer
    await renderer.close()


async def render(renderer: Renderer, source: str, data: object) -> Outcome:
    [outcome] = await renderer.render([Job(source, json.dumps(data))], {source: (None, source, None)})
    return outcome


@pytest.mark.parametrize(
    ("source", "data", "name"),
    [
        ("{{x}}", {}, "x"),
        ("{{x}}", {"x": None}, "x"),
        ("{{{x}}}", {}, "x"),
        ("{{a.b.c}}", {"a": {}}, "a.b.c"),
        ("{{a.b.c}}", {}, "a.b.c"),
        ("{{#each l}}{{name}}{{/each}}", {"l": [{"name": 1}, {}]}, "name"),
        ("{{#each l}}{{../x}}{{/each}}", {"l": [1]}, "../x"),
        ("{{#each l}}{{this}}{{/each}}", {"l": [None]}, "this"),
        ("{{#if x}}{{x.y}}{{/if}}", {"x": {"z": 1}}, "x.y"),
        ('{{#*inline "p"}}{{y}}{{/inline}}\n{{> p}}', {}, "y"),
        ("{{constructor}}", {}, "constructor"),
        ("{{__proto__}}", {}, "__proto__"),
        ("{{a.constructor.name}}", {"a": {}}, "a.constructor.name"),
    ],
)
async def test_a_variable_that_the_data_lacks_is_named(
    renderer: Renderer, source: str, data: object, name: str
) -> None:
    assert await render(renderer, source, data) == Outcome(problem=Problem.MISSING, detail=name)


@pytest.mark.parametrize(
    ("source", "data", "rendered"),
    [
        ("{{#if x}}a{{else}}b{{/if}}", {}, "b"),
        ("{{#unless x.y.z}}a{{/unless}}", {}, "a"),
        ("{{#each x}}a{{/each}}b", {}, "b"),
        ("{{#with x}}a{{else}}b{{/with}}", {}, "b"),
        ("{{a}}{{b}}", {"a": 1, "b": 2}, "12"),
        ("{{lookup l 0}}{{lookup l 1}}", {"l": [1, 2]}, "12"),
        (
            "{{ses:openTracker}} {{amazonSESUnsubscribeUrl}}",
            {},
            "{{ses:openTracker}} {{amazonSESUnsubscribeUrl}}",
        ),
        ("{{extra}}", {"extra": "x", "unused": 1}, "x"),
        ("nul {{x}}", {"x": "\0"}, "nul \0"),
    ],
)
async def test_what_is_missing_elsewhere_is_no_failure(
    renderer: Renderer, source: str, data: object, rendered: str
) -> None:
    assert (await render(renderer, source, data)).text == rendered


@pytest.mark.parametrize(
    "source", ["{{#if x}}", "{{x", "{{> nobody}}", "{{helper x}}", "{{#block x}}{{/block}}", "{{log}}{{/if}}"]
)
async def test_handlebars_that_cannot_be_read_are_told_apart(renderer: Renderer, source: str) -> None:
    assert (await renderer.check((source, None, None))).problem is Problem.INVALID
    assert (await render(renderer, source, {"x": 1})).problem is Problem.INVALID


async def test_a_partial_of_one_part_is_unknown_in_the_other(renderer: Renderer) -> None:
    inline = '{{#*inline "p"}}x{{/inline}}\n{{> p}}'
    assert (await renderer.check((None, inline, inline))).problem is None
    assert (await renderer.check((None, inline, "{{> p}}"))).problem is Problem.INVALID


@pytest.mark.parametrize(
    ("hostile", "data"),
    [(RECURSIVE, {}), (ENDLESS, {"l": list(range(400))}), (DOUBLING, NESTED)],
    ids=["recursive", "endless", "memory"],
)
async def test_a_hostile_template_fails_alone_in_its_batch(
    renderer: Renderer, hostile: Any, data: Any
) -> None:
    good, bad = Job("good", '{"name": "you"}'), Job("bad", json.dumps(data))
    outcomes = await renderer.render([good, bad, good], {"good": GOOD, "bad": hostile})
    assert [each.problem for each in outcomes] == [None, Problem.TOO_MUCH, None]
    assert outcomes[2].subject == "For you"


async def test_after_one_that_took_too_long_a_templates_next_messages_are_left_untried() -> None:
    renderer = Renderer(Limits(compiling=30.0, rendering=1.0, untried=3))
    slow, quick = Job("bad", json.dumps({"l": list(range(400))})), Job("bad", '{"l": []}')
    other = Job("good", '{"name": "you"}')
    jobs = [slow, quick, other, quick, quick, quick]
    outcomes = await renderer.render(jobs, {"good": GOOD, "bad": ENDLESS})
    await renderer.close()
    left = Problem.TOO_MUCH
    assert [each.problem for each in outcomes] == [left, left, None, left, left, None]


async def test_a_template_that_takes_too_long_to_read_is_not_read_again() -> None:
    renderer = Renderer(Limits(compiling=0.01, rendering=0.3))
    big = (None, None, "{{a}}{{#if b}}{{c}}{{/if}}" * 400)
    began = asyncio.get_running_loop().time()
    outcomes = await renderer.render([Job("big", "{}")] * 200, {"big": big})
    await renderer.close()
    assert {each.problem for each in outcomes} == {Problem.TOO_MUCH}
    assert asyncio.get_running_loop().time() - began < 60


async def test_one_template_leaves_nothing_to_the_next(renderer: Renderer) -> None:
    polluting = '{"__proto__": {"polluted": "yes"}, "constructor": {"prototype": {"polluted": "yes"}}}'
    await renderer.render([Job("a", polluting)], {"a": (None, "{{__proto__.polluted}}", None)})
    assert (await render(renderer, "{{polluted}}", {})).problem is Problem.MISSING


async def test_a_killed_process_is_started_again(renderer: Renderer) -> None:
    await render(renderer, "x", {})
    first = renderer.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert (await render(renderer, "{{x}}", {"x": "again"})).text == "again"
    assert renderer.pid != first


async def test_a_caller_that_gives_up_takes_no_answer_from_the_next(renderer: Renderer) -> None:
    slow = renderer.render([Job("slow", json.dumps({"l": list(range(400))}))], {"slow": ENDLESS})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slow, 0.1)
    assert (await render(renderer, "{{x}}", {"x": "mine"})).text == "mine"


async def test_many_callers_get_their_own_answers(renderer: Renderer) -> None:
    outcomes = await asyncio.gather(*(render(renderer, "{{n}}", {"n": n}) for n in range(20)))
    assert [each.text for each in outcomes] == [str(n) for n in range(20)]


async def test_a_process_that_stops_reading_keeps_its_turn_no_longer_than_one_that_stops_answering(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "GRACE", 2.0)
    renderer = Renderer(Limits(compiling=0.5, rendering=0.5))
    data = json.dumps({"name": "x" * 1_000_000})  # more than a pipe holds
    await renderer.render([Job("good", '{"name": "you"}')], {"good": GOOD})
    assert renderer.pid is not None
    os.kill(renderer.pid, signal.SIGSTOP)
    async with asyncio.timeout(60):
        [outcome] = await renderer.render([Job("good", data)], {"good": GOOD})
    assert outcome.problem is None
    await renderer.close()
