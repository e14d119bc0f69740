"""Faulty expressions: each refused before anything is read, with what is wrong and where."""

from collections.abc import Mapping

import pytest

from mailgauge.cloudwatch.math.faults import MathError
from mailgauge.cloudwatch.math.plan import ExpressionError, plan
from tests.cloudwatch.math.ask import ask

WANTED = "a number, an id or a function"
GOES_ON = "the end or an operator"


def fault(expressions: Mapping[str, str]) -> str:
    """What is wrong with expressions over the metrics m and n."""
    with pytest.raises(ExpressionError) as refused:
        plan(expressions, ["m", "n"])
    return str(refused.value)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", "The expression is empty"),
        ("   ", "The expression is empty"),
        ("m+", f"The expression ends where {WANTED} is expected at position 3"),
        ("m +  ", f"The expression ends where {WANTED} is expected at position 4"),
        ("+m", f"Unexpected '+' where {WANTED} is expected at position 1"),
        ("m**2", f"Unexpected '*' where {WANTED} is expected at position 3"),
        ("m n", f"Unexpected 'n' where {GOES_ON} is expected at position 3"),
        ("m 5", f"Unexpected '5' where {GOES_ON} is expected at position 3"),
        ("5m", f"Unexpected 'm' where {GOES_ON} is expected at position 2"),
        ("(m", "The expression ends where ')' is expected at position 3"),
        ("m)", f"Unexpected ')' where {GOES_ON} is expected at position 2"),
        ("()", f"Unexpected ')' where {WANTED} is expected at position 2"),
        ("[m", "The expression ends where ',' is expected at position 3"),
        ("[m,]", f"Unexpected ']' where {WANTED} is expected at position 4"),
        ("[,m]", f"Unexpected ',' where {WANTED} is expected at position 2"),
        ("[m n]", "Unexpected 'n' where ',' is expected at position 4"),
        ("SUM(m", "The expression ends where ',' is expected at position 6"),
        ("SUM(m]", "Unexpected ']' where ',' is expected at position 6"),
        ("FILL(m 0)", "Unexpected '0' where ',' is expected at position 8"),
        ("m < n < 3", "Comparisons can't be chained; use AND at position 7"),
        ("m == n != 1", "Comparisons can't be chained; use AND at position 8"),
        ("m = 3", "Unexpected character '=' at position 3"),
        ("m ! n", "Unexpected character '!' at position 3"),
        ("m % 3", "Unexpected character '%' at position 3"),
        ("m & n", "Unexpected character '&' at position 3"),
        ("m | n", "Unexpected character '|' at position 3"),
        ("m; n", "Unexpected character ';' at position 2"),
        ("µ+1", "Unexpected character 'µ' at position 1"),
        ("m+\u0663", "Unexpected character '\u0663' at position 3"),
        ("METRICS('m)", "The string has no closing quote at position 9"),
        ('METRICS("m)', "The string has no closing quote at position 9"),
        ("m AND", f"The expression ends where {WANTED} is expected at position 6"),
        ("AND m", f"Unexpected 'AND' where {WANTED} is expected at position 1"),
        ("m OR OR n", f"Unexpected 'OR' where {WANTED} is expected at position 6"),
        ("m and n", f"Unexpected 'and' where {GOES_ON} is expected at position 3"),
        ("NOT m", f"Unexpected 'm' where {GOES_ON} is expected at position 5"),
        ("m^", f"The expression ends where {WANTED} is expected at position 3"),
        ("-", f"The expression ends where {WANTED} is expected at position 2"),
        ("1.2.3", f"Unexpected '.3' where {GOES_ON} is expected at position 4"),
        ("1e", f"Unexpected 'e' where {GOES_ON} is expected at position 2"),
    ],
)
def test_what_is_not_grammatical_is_shown_with_its_place(expression: str, expected: str) -> None:
    assert fault({"e": expression}) == f"Error in expression 'e': {expected}"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("NOPE(m)", "Function 'NOPE' not found"),
        ("NOPE()", "Function 'NOPE' not found"),
        ("1 + Sum(m)", "Function 'Sum' not found"),
        ("sum(m)", "Function 'sum' not found"),
        ("m + NOPE(1, 2)", "Function 'NOPE' not found"),
        ("ABS()", "Function ABS takes (TS) or (TS[]), not () at position 1"),
        ("ABS(1)", "Function ABS takes (TS) or (TS[]), not (S) at position 1"),
        ("ABS(m, n)", "Function ABS takes (TS) or (TS[]), not (TS, TS) at position 1"),
        ("ABS('m')", "Function ABS takes (TS) or (TS[]), not (string) at position 1"),
        ("m + CEIL(2)", "Function CEIL takes (TS) or (TS[]), not (S) at position 5"),
        ("FLOOR(SUM(m))", "Function FLOOR takes (TS) or (TS[]), not (S) at position 1"),
        ("LOG(2)", "Function LOG takes (TS) or (TS[]), not (S) at position 1"),
        ("LOG10()", "Function LOG10 takes (TS) or (TS[]), not () at position 1"),
        ("DIFF(3)", "Function DIFF takes (TS) or (TS[]), not (S) at position 1"),
        ("DIFF_TIME(3)", "Function DIFF_TIME takes (TS) or (TS[]), not (S) at position 1"),
        ("RATE(3)", "Function RATE takes (TS) or (TS[]), not (S) at position 1"),
        ("RUNNING_SUM(3)", "Function RUNNING_SUM takes (TS) or (TS[]), not (S) at position 1"),
        ("AVG(3)", "Function AVG takes (TS) or (TS[]), not (S) at position 1"),
        ("SUM(m, n)", "Function SUM takes (TS) or (TS[]), not (TS, TS) at position 1"),
        ("MAX(1, m)", "Function MAX takes (TS) or (TS[]), not (S, TS) at position 1"),
        ("MIN()", "Function MIN takes (TS) or (TS[]), not () at position 1"),
        ("STDDEV(SUM(m))", "Function STDDEV takes (TS) or (TS[]), not (S) at position 1"),
        ("DATAPOINT_COUNT(1)", "Function DATAPOINT_COUNT takes (TS) or (TS[]), not (S) at position 1"),
        ("HOUR([m])", "Function HOUR takes (TS), not (TS[]) at position 1"),
        ("MINUTE(5)", "Function MINUTE takes (TS), not (S) at position 1"),
        ("DAY()", "Function DAY takes (TS), not () at position 1"),
        ("DATE(METRICS())", "Function DATE takes (TS), not (TS[]) at position 1"),
        ("MONTH(m, n)", "Function MONTH takes (TS), not (TS, TS) at position 1"),
        ("YEAR(2026)", "Function YEAR takes (TS), not (S) at position 1"),
        ("EPOCH('m')", "Function EPOCH takes (TS), not (string) at position 1"),
        ("FIRST(m)", "Function FIRST takes (TS[]), not (TS) at position 1"),
        ("LAST(1)", "Function LAST takes (TS[]), not (S) at position 1"),
        ("METRIC_COUNT(m)", "Function METRIC_COUNT takes (TS[]), not (TS) at position 1"),
        ("REMOVE_EMPTY(m)", "Function REMOVE_EMPTY takes (TS[]), not (TS) at position 1"),
        ("METRICS(m)", "Function METRICS takes () or (string), not (TS) at position 1"),
        ("METRICS('a', 'b')", "Function METRICS takes () or (string), not (string, string) at position 1"),
        ("METRICS(ASC)", "Function METRICS takes () or (string), not (keyword) at position 1"),
        ("TIME_SERIES(m)", "Function TIME_SERIES takes (S), not (TS) at position 1"),
        ("TIME_SERIES()", "Function TIME_SERIES takes (S), not () at position 1"),
        ("PERIOD(5)", "Function PERIOD takes (TS), not (S) at position 1"),
        ("PERIOD([m])", "Function PERIOD takes (TS), not (TS[]) at position 1"),
        ("m/PERIOD(m+1)", "Function PERIOD takes the id of a metric at position 10"),
        ("m/PERIOD(ABS(m))", "Function PERIOD takes the id of a metric at position 10"),
        ("SLICE(m, 1)", "Function SLICE takes (TS[], S) or (TS[], S, S), not (TS, S) at position 1"),
        ("SLICE([m])", "Function SLICE takes (TS[], S) or (TS[], S, S), not (TS[]) at position 1"),
        ("SLICE([m], n)", "Function SLICE takes (TS[], S) or (TS[], S, S), not (TS[], TS) at position 1"),
        ("SORT([m], ASC, SUM)", "Function SORT takes AVG or MAX or MIN or SUM here, not ASC at position 11"),
        ("SORT([m], SUM, UP)", "Function SORT takes ASC or DESC here, not UP at position 16"),
        ("SORT([m], STDDEV, ASC)", "Function SORT takes AVG or MAX or MIN or SUM here, not STDDEV at position 11"),
        ("FILL(m, CONSTANT)", "Function FILL takes LINEAR or REPEAT here, not CONSTANT at position 9"),
        ("FILL([m], ASC)", "Function FILL takes LINEAR or REPEAT here, not ASC at position 11"),
        ("FILL(m, SUM(m) REPEAT)", "Unexpected 'REPEAT' where ',' is expected at position 16"),
        ("[m] + [n]", "Operator + can't be used between two arrays of series at position 7"),
        ("[m] * METRICS()", "Operator * can't be used between two arrays of series at position 7"),
        ("m + [m] - [n]", "Operator - can't be used between two arrays of series at position 11"),
        ("[m] ^ [n]", "Operator ^ can't be used between two arrays of series at position 1"),
        ("[m] > [n]", "Operator > can't be used between two arrays of series at position 7"),
        ("[m] AND [n]", "Operator AND can't be used between two arrays of series at position 9"),
        ("[m, 1]", "An array holds series only at position 5"),
        ("[m, SUM(m)]", "An array holds series only at position 5"),
        ("['m']", "An array holds series only at position 2"),
        ("m + 'n'", "A string can't be computed with at position 5"),
        ("'m' + n", "A string can't be computed with at position 1"),
        ("m * ASC", "A keyword can't be computed with at position 5"),
        ("-'m'", "A string can't be computed with at position 2"),
        ("REPEAT", "A keyword by itself is no result at position 1"),
        ("'m'", "A string by itself is no result at position 1"),
        ("x", "There is no query with the id 'x' at position 1"),
        ("m + m1", "There is no query with the id 'm1' at position 5"),
        ("SUM([m, zzz])", "There is no query with the id 'zzz' at position 9"),
        ("e", "'e' refers to itself at position 1"),
        ("m + e*2", "'e' refers to itself at position 5"),
        ("ANOMALY_DETECTION_BAND(m, 2)", "Function 'ANOMALY_DETECTION_BAND' is not supported by Mailgauge at position 1"),
        ("INSIGHT_RULE_METRIC('r', 'm')", "Function 'INSIGHT_RULE_METRIC' is not supported by Mailgauge at position 1"),
        ("m/SERVICE_QUOTA(m)", "Function 'SERVICE_QUOTA' is not supported by Mailgauge at position 3"),
        ("SEARCH('{Shop} Send', 'Sum', m)", "Function SEARCH takes (string, string) or (string, string, S), not (string, string, TS) at position 1"),
        ("SEARCH('{Shop} Send')", "Function SEARCH takes (string, string) or (string, string, S), not (string) at position 1"),
        ("SEARCH('{Shop} Send', 'Sum', 30*2)", "The period of a SEARCH is a number of seconds at position 30"),
        ("SEARCH('{Shop} Send', 'Sum', 60.5)", "The period of a SEARCH is a number of seconds at position 30"),
        ("SELECT", "The query ends where AVG, COUNT, MAX, MIN or SUM is expected at position 7"),
    ],
)  # fmt: skip
def test_functions_operators_and_ids_take_what_they_take(expression: str, expected: str) -> None:
    assert fault({"e": expression}) == f"Error in expression 'e': {expected}"


@pytest.mark.parametrize(
    "shape",
    [
        "IF(1, 2)", "IF(1, 2, m)", "IF(1, m, 2)", "IF(m)", "IF()", "IF([m], m, n)", "IF(m, [m])", "IF(m, n, [m])",
        "IF(m, n, m, n)", "IF('m', m)", "IF(m, REPEAT)", "FILL(m)", "FILL(m, n)", "FILL(1, 0)", "FILL(m, [n])",
        "FILL([m], [n])", "FILL(m, 0, 0)", "FILL(m, 'REPEAT')", "SORT(m, SUM, ASC)", "SORT([m], SUM)",
        "SORT([m], SUM, ASC, n)", "SORT([m], SUM, ASC, 1, 2)", "SORT([m], 'SUM', ASC)", "SORT([m])",
    ],
)  # fmt: skip
def test_shapes_that_no_table_has_are_refused(shape: str) -> None:
    name = shape[: shape.index("(")]
    assert fault({"e": shape}).startswith(f"Error in expression 'e': Function {name} takes (")


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        ({"a": "b", "b": "a"}, "Error in expression 'b': 'a' refers to itself at position 1"),
        ({"a": "1+b", "b": "c", "c": "m+a"}, "Error in expression 'c': 'a' refers to itself at position 3"),
        ({"a": "m", "b": "a+b"}, "Error in expression 'b': 'b' refers to itself at position 3"),
        ({"a": "m", "b": "SUM(x)"}, "Error in expression 'b': There is no query with the id 'x' at position 5"),
        ({"a": "SUM(m)", "b": "[a]"}, "Error in expression 'b': An array holds series only at position 2"),
        ({"a": "[m]", "b": "a+a"}, "Error in expression 'b': Operator + can't be used between two arrays of series at position 3"),
        ({"a": "m", "b": "PERIOD(a)*m"}, "Error in expression 'b': Function PERIOD takes a metric, and 'a' is none at position 8"),
        ({"a": "SUM(m)", "b": "ABS(a)"}, "Error in expression 'b': Function ABS takes (TS) or (TS[]), not (S) at position 1"),
        (
            {"a": 'SELECT SUM(x) FROM "S"', "b": 'SELECT MAX(x) FROM "S"'},
            "Error in expression 'b': There is more than one Metrics Insights query in one call",
        ),
    ],
)  # fmt: skip
def test_faults_between_expressions_name_the_expression(
    expressions: Mapping[str, str], expected: str
) -> None:
    assert fault(expressions) == expected


@pytest.mark.parametrize(
    ("call", "name"), [("SLICE([m], 0-1)", "SLICE"), ("SLICE([m], 0, 0-2)", "SLICE"), ("SORT([m], SUM, ASC, 0-1)", "SORT")]
)  # fmt: skip
def test_numbers_below_zero_count_nothing(call: str, name: str) -> None:
    with pytest.raises(MathError, match=f"^Function {name} takes whole numbers from 0 on$"):
        ask(call, m=[1, 2])
