"""Rules of composite alarms: what they mean, how they are read, and what is refused with which words."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.cloudwatch.alarms.alarm import StateValue
from mailgauge.cloudwatch.alarms.rule import Rule
from mailgauge.cloudwatch.alarms.rule_parser import RuleError, parse

PREFIX = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"
ATOMS = "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA"
States = Mapping[str, StateValue]


def read(text: str) -> Rule:
    return parse(text, PREFIX)


def holds(text: str, **states: str) -> bool:
    return read(text).holds({name: StateValue(value) for name, value in states.items()})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRUE", True),
        ("false", False),
        ("ALARM(a)", True),
        ("alarm(a)", True),
        ("ALARM (a)", True),
        ("ALARM( a )", True),
        ('ALARM("a")', True),
        (f"ALARM({PREFIX}a)", True),
        (f'ALARM("{PREFIX}a")', True),
        ("OK(b)", True),
        ("INSUFFICIENT_DATA(c)", True),
        ("OK(a)", False),
        ("NOT OK(a)", True),
        ("NOT(OK(a))", True),
        ("TRUE OR TRUE AND FALSE", True),
        ("(TRUE OR TRUE) AND FALSE", False),
        ("NOT FALSE AND FALSE", False),
        ("NOT (FALSE AND FALSE)", True),
        ("TRUE AND NOT FALSE OR FALSE", True),
        ("FALSE OR NOT (NOT TRUE)", True),
        ("ALARM(a)AND(OK(b))", True),
        ("ALARM(a)\n  AND\tOK(b)", True),
        ("AT_LEAST(1, ALARM, (a, b, c))", True),
        ("AT_LEAST(2, ALARM, (a, b, c))", False),
        ("AT_LEAST(2, NOT ALARM, (a, b, c))", True),
        ("AT_LEAST(34%, ALARM, (a, b, c))", False),
        ("AT_LEAST(33%, ALARM, (a, b, c))", True),
        ("AT_LEAST(100%, NOT OK, (a, c))", True),
        ('AT_LEAST("50%", OK, ("a", "b"))', True),
        (f'AT_LEAST(60%, NOT OK, ("{PREFIX}a", "{PREFIX}b", "{PREFIX}c"))', True),
        ("at_least(1,alarm,(a))", True),
    ],
)
def test_what_rules_mean(text: str, expected: bool) -> None:
    assert holds(text, a="ALARM", b="OK", c="INSUFFICIENT_DATA") is expected


def test_an_alarm_that_is_gone_is_in_no_state() -> None:
    assert not holds("ALARM(a) OR OK(a) OR INSUFFICIENT_DATA(a)")
    assert holds("AT_LEAST(1, NOT ALARM, (a))")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('ALARM("two words")', "two words"),
        ('ALARM("(a), b")', "(a), b"),
        (r'ALARM("say \"hi\"")', 'say "hi"'),
        (r'ALARM("back\slash")', r"back\slash"),
        (r'ALARM("back\\slash")', r"back\slash"),
        ("ALARM(TRUE)", "TRUE"),
        ("ALARM(NOT)", "NOT"),
        ("ALARM(50%)", "50%"),
        ('ALARM("Größe")', "Größe"),
        ("ALARM(arn:mine)", "arn:mine"),
        (f'ALARM("{PREFIX}with:colon")', "with:colon"),
    ],
)
def test_names_may_be_quoted_and_are_told_from_arns(text: str, name: str) -> None:
    assert read(text).children == (name,)


def test_children_are_each_alarm_once_in_the_order_of_the_rule() -> None:
    assert read(f"ALARM(b) OR AT_LEAST(1, OK, (c, {PREFIX}b, a)) AND OK(c)").children == ("b", "c", "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("()", "Unsupported token ')' at char 1"),
        ("TRUE)", "Unsupported token ')' at char 4"),
        (
            f"(ALARM({PREFIX}SampleQueue Oldest Age))",
            "Unsupported token 'Oldest' at char 67, must be: ')'",
        ),
        ("ALARMS(a)", f"Unsupported token 'ALARMS' at char 0, must be: {ATOMS}"),
        ("TRUE AND", f"Unexpected end at char 8, must be: {ATOMS}"),
        ("NOT NOT TRUE", f"Unsupported token 'NOT' at char 4, must be: {ATOMS}"),
        ("TRUE TRUE", "Unsupported token 'TRUE' at char 5, must be: 'AND' or 'OR'"),
        ("(TRUE", "Unexpected end at char 5, must be: ')'"),
        ("(TRUE FALSE)", "Unsupported token 'FALSE' at char 6, must be: ')'"),
        ("ALARM a", "Unsupported token 'a' at char 6, must be: '('"),
        ("ALARM()", "Unsupported token ')' at char 6, must be: an alarm name or an alarm ARN"),
        ('ALARM("")', "Unsupported token '\"' at char 6, must be: an alarm name or an alarm ARN"),
        ('ALARM("a)', "Unsupported token '\"' at char 6, must be: an alarm name or an alarm ARN"),
        ("ALARM(a,b)", "Unsupported token ',' at char 7, must be: ')'"),
        (
            "AT_LEAST(3, OK, (a, b))",
            "Unsupported token '3' at char 9, must be: a number from 1 to 2, or a percentage from 1% to 100%",
        ),
        (
            "AT_LEAST(101%, OK, (a))",
            "Unsupported token '101%' at char 9, must be: a number from 1 to 1, or a percentage from 1% to 100%",
        ),
        (
            "AT_LEAST(1, FINE, (a))",
            "Unsupported token 'FINE' at char 12, must be: ALARM, OK, or INSUFFICIENT_DATA",
        ),
        (
            "AT_LEAST(1, NOT, (a))",
            "Unsupported token ',' at char 15, must be: ALARM, OK, or INSUFFICIENT_DATA",
        ),
        ("AT_LEAST(1, OK, a)", "Unsupported token 'a' at char 16, must be: '('"),
        ("AT_LEAST(1, OK, ())", "Unsupported token ')' at char 17, must be: an alarm name or an alarm ARN"),
        (
            "ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a)",
            "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a is not an alarm of this account and Region",
        ),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(RuleError) as refused:
        read(text)
    assert str(refused.value) == f"Error in AlarmRule [{message}]"


@pytest.mark.parametrize("text", ["", " TRUE", "TRUE\n"])
def test_a_rule_has_no_white_space_around_it(text: str) -> None:
    with pytest.raises(RuleError) as refused:
        read(text)
    assert str(refused.value) == "AlarmRule must not contain leading or trailing whitespace or be null"


def test_the_limits_are_awss() -> None:
    hundred = [f"ALARM(a{number})" for number in range(100)]
    assert len(read(" OR ".join(hundred)).children) == 100
    with pytest.raises(RuleError, match="101 alarms"):
        read(" OR ".join([*hundred, "OK(b)"]))
    assert read(" OR ".join(["TRUE"] * 500))
    with pytest.raises(RuleError, match="more than 500 elements"):
        read(" OR ".join(["TRUE"] * 501))
    assert read(f"ALARM({'a' * (10240 - len('ALARM()'))})")
    with pytest.raises(RuleError, match="10240 characters"):
        read(f"ALARM({'a' * (10241 - len('ALARM()'))})")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10240,
        "NOT (" * 2048,
        "NOT " * 2560,
        "(" * 5120 + ")" * 5120,
        "AT_LEAST(" * 1137,
        '"' * 10240,
        '"\\' * 5120,
        "ALARM(" * 1706,
    ],
)
def test_no_rule_is_too_deep_to_be_refused(text: str) -> None:
    with pytest.raises(RuleError):
        read(text)


def test_a_rule_may_be_as_deep_as_it_may_be_long() -> None:
    deep = read("NOT (" * 249 + "ALARM(a)" + ")" * 249)
    assert not deep.holds({"a": StateValue.ALARM})
    assert msgspec.json.decode(msgspec.json.encode(deep), type=Rule) == deep


@given(st.text(alphabet=st.sampled_from(list('()",% \\aAORNDT_0159:')), max_size=60))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    try:
        truth: bool | None = read(text).holds({})
    except RuleError:
        truth = None
    assert truth in {True, False, None}


# An oracle: rules as trees, written out by one obvious function and evaluated by another.


@dataclass(frozen=True)
class Leaf:
    text: str
    state: StateValue | None = None
    name: str = ""


@dataclass(frozen=True)
class Vote:
    needed: int
    percent: bool
    state: StateValue
    negated: bool
    names: tuple[str, ...]


@dataclass(frozen=True)
class Node:
    operator: str
    parts: tuple["Tree", ...]


Tree = Leaf | Vote | Node

NAMES = ("a", "b", "two words", 'quo"te', "(x), y", "back\\slash", "NOT")
names = st.sampled_from(NAMES)
states = st.sampled_from(list(StateValue))


def leaves() -> st.SearchStrategy[Tree]:
    atoms = st.builds(Leaf, st.just(""), states, names)
    constants = st.sampled_from([Leaf("TRUE"), Leaf("FALSE")])
    lists = st.lists(names, min_size=1, max_size=4).map(tuple)
    votes = st.builds(Vote, st.integers(1, 4), st.just(False), states, st.booleans(), lists).filter(
        lambda vote: vote.needed <= len(vote.names)
    )
    shares = st.builds(Vote, st.integers(1, 100), st.just(True), states, st.booleans(), lists)
    return st.one_of(atoms, constants, votes, shares)


def nodes(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Node, st.sampled_from(["AND", "OR"]), several),
        st.builds(lambda part: Node("NOT", (part,)), parts),
    )


trees = st.recursive(leaves(), nodes, max_leaves=12)


def written(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def write(tree: Tree) -> str:
    """Only with the parentheses that precedence asks for."""
    match tree:
        case Leaf(text, state, name):
            return text or f"{state}({written(name)})"
        case Vote(needed, percent, state, negated, of):
            condition = f"NOT {state}" if negated else state
            return f"AT_LEAST({needed}{'%' * percent}, {condition}, ({', '.join(map(written, of))}))"
        case Node("NOT", (part,)):
            return f"NOT {write(part) if not isinstance(part, Node) else f'({write(part)})'}"
        case Node("AND", parts):
            return " AND ".join(
                f"({write(part)})" if isinstance(part, Node) and part.operator == "OR" else write(part)
                for part in parts
            )
        case Node(_, parts):
            return " OR ".join(map(write, parts))


def means(tree: Tree, given_states: States) -> bool:
    match tree:
        case Leaf(text, state, name):
            return text == "TRUE" if text else given_states.get(name) is state
        case Vote(needed, percent, state, negated, of):
            agreeing = [name for name in of if (given_states.get(name) is state) != negated]
            return len(agreeing) * 100 >= needed * len(of) if percent else len(agreeing) >= needed
        case Node("NOT", (part,)):
            return not means(part, given_states)
        case Node("AND", parts):
            return all(means(part, given_states) for part in parts)
        case Node(_, parts):
            return any(means(part, given_states) for part in parts)


@given(trees, st.dictionaries(names, states))
def test_a_rule_read_means_what_was_written(tree: Tree, given_states: dict[str, StateValue]) -> None:
    assert read(write(tree)).holds(given_states) is means(tree, given_states)


@given(trees)
def test_a_rule_kept_is_the_rule_read(tree: Tree) -> None:
    rule = read(write(tree))
    assert msgspec.json.decode(msgspec.json.encode(rule), type=Rule) == rule


@given(trees)
def test_parentheses_around_a_rule_change_nothing(tree: Tree) -> None:
    assert read(f"(({write(tree)}))") == read(write(tree))
