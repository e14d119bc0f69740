"""Any composites over any alarms, whatever happens to them: their states are those that their rules give."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cloudwatch.composite_bench import CompositeBench, topic

LEAVES = ("a", "b", "c")
VALUES = ("OK", "ALARM", "INSUFFICIENT_DATA")

Condition = tuple[bool, str, int]
"""Whether it is denied, the state, and which alarm: a leaf, or a composite before the one that has it in its rule."""
Rule = tuple[str, list[Condition]]

conditions = st.tuples(st.booleans(), st.sampled_from(VALUES), st.integers(0, 99))
rules = st.lists(
    st.tuples(st.sampled_from(["AND", "OR"]), st.lists(conditions, min_size=1, max_size=4)),
    min_size=1,
    max_size=7,
)
events = st.lists(st.tuples(st.sampled_from(LEAVES), st.sampled_from(VALUES)), max_size=12)


def below(number: int) -> list[str]:
    return [*LEAVES, *(f"c{each}" for each in range(number))]


def written(rule: Rule, number: int) -> str:
    names = below(number)
    return f" {rule[0]} ".join(
        f"{'NOT ' * denied}{value}({names[which % len(names)]})" for denied, value, which in rule[1]
    )


def meant(rules: list[Rule], leaves: dict[str, str]) -> dict[str, str]:
    """From the leaves up, without any shortcut."""
    states = dict(leaves)
    for number, (operator, those) in enumerate(rules):
        names = below(number)
        truths = [(states[names[which % len(names)]] == value) != denied for denied, value, which in those]
        states[f"c{number}"] = "ALARM" if (all(truths) if operator == "AND" else any(truths)) else "OK"
    return states


async def found(bench: CompositeBench) -> dict[str, str]:
    answer = await bench.call("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {alarm["AlarmName"]: alarm["StateValue"] for alarms in answer.values() for alarm in alarms}


async def happen(bench: CompositeBench, rules: list[Rule], happened: list[tuple[str, str]]) -> None:
    await bench.children(*LEAVES)
    leaves = dict.fromkeys(LEAVES, "INSUFFICIENT_DATA")
    for number, rule in enumerate(rules):
        actions = {"OKActions": [topic(f"c{number}-OK")], "AlarmActions": [topic(f"c{number}-ALARM")]}
        await bench.compose(f"c{number}", written(rule, number), **actions)
    before = meant(rules, leaves)
    told = sorted(f"{name}-{value}" for name, value in before.items() if name not in LEAVES)
    for name, value in happened:
        leaves[name] = value
        now = meant(rules, leaves)
        await bench.set(name, value)
        told += sorted(
            f"{each}-{now[each]}" for each in now if now[each] != before[each] and each not in LEAVES
        )
        before = now
        assert await found(bench) == now
    assert await found(bench) == before
    assert sorted(await bench.ran()) == sorted(told), "each change acts once"
    history = await bench.call(
        "DescribeAlarmHistory", AlarmTypes=["CompositeAlarm"], HistoryItemType="StateUpdate"
    )
    assert len(history["AlarmHistoryItems"]) == min(len(told), 50)


@settings(max_examples=25)
@given(rules, events)
def test_composites_have_the_states_that_their_rules_give(
    rules: list[Rule], happened: list[tuple[str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = CompositeBench(Path(folder))
        try:
            asyncio.run(happen(bench, rules, happened))
        finally:
            bench.close()
