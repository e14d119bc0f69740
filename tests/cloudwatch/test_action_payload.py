"""What topics are told of a change of state: the recorded forms of AWS's notifications, key by key and in their order."""

import json
from typing import Any

import msgspec

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.actions.composite import composite_notice
from mailgauge.cloudwatch.alarms.actions.notice import Notice
from mailgauge.cloudwatch.alarms.actions.payload import metric_notice
from mailgauge.cloudwatch.alarms.actions.text import in_words
from mailgauge.cloudwatch.alarms.alarm import (
    Alarm,
    AlarmQuery,
    Comparison,
    Configuration,
    LowSamples,
    MissingData,
    State,
    StateValue,
    arn_prefix,
)
from mailgauge.cloudwatch.alarms.composite import CompositeAlarm, CompositeConfiguration
from mailgauge.cloudwatch.alarms.history import AlarmType
from mailgauge.cloudwatch.alarms.rule_parser import parse

IRELAND = Scope("123456789000", "eu-west-1")
TOPIC = "arn:aws:sns:eu-west-1:123456789000:dataplatform_dlq_alerts"
CHANGED = 1_755_072_503_374
REASON = "Threshold Crossed: 1 datapoint [1.0 (13/08/25 08:07:00)] was greater than or equal to the threshold (1.0)."
ALARM = State(StateValue.ALARM, REASON, None, CHANGED, CHANGED)
NO_DATA = State(StateValue.INSUFFICIENT_DATA, "Unchecked: Initial alarm creation", None, 0, 0)
QUEUE = Configuration(
    name="Dataplatform_DeadLetterQueue",
    namespace="AWS/SQS",
    metric_name="ApproximateNumberOfMessagesVisible",
    period=60,
    evaluation_periods=1,
    threshold=1.0,
    comparison=Comparison.GREATER_OR_EQUAL,
    dimensions=(("QueueName", "DatasetEventsDLQ.fifo"),),
    statistic="Sum",
    treat_missing_data=MissingData.MISSING,
    alarm_actions=(TOPIC,),
)


def alarm(configuration: Configuration = QUEUE, state: State = ALARM, scope: Scope = IRELAND) -> Alarm:
    return Alarm(scope, configuration, True, 1_754_998_955_135, state, 1, 2)


def message(notice: Notice) -> dict[str, Any]:
    return dict(json.loads(notice.message))


def test_a_metric_alarms_message_is_the_recorded_one() -> None:
    recorded = {
        "AlarmName": "Dataplatform_DeadLetterQueue",
        "AlarmDescription": None,
        "AWSAccountId": "123456789000",
        "AlarmConfigurationUpdatedTimestamp": "2025-08-12T11:42:35.135+0000",
        "NewStateValue": "ALARM",
        "NewStateReason": REASON,
        "StateChangeTime": "2025-08-13T08:08:23.374+0000",
        "Region": "EU (Ireland)",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789000:alarm:Dataplatform_DeadLetterQueue",
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [],
        "AlarmActions": [TOPIC],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Namespace": "AWS/SQS",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [{"value": "DatasetEventsDLQ.fifo", "name": "QueueName"}],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1.0,
            "TreatMissingData": "missing",
            "EvaluateLowSampleCountPercentile": "",
        },
    }
    notice = metric_notice(alarm(), NO_DATA)
    # As text, so that the order of the keys counts, and that the threshold is a double.
    assert notice.message == json.dumps(recorded, separators=(",", ":"))
    assert notice.subject == 'ALARM: "Dataplatform_DeadLetterQueue" in EU (Ireland)'


def test_options_that_were_given_are_told_and_others_are_empty() -> None:
    given = msgspec.structs.replace(
        QUEUE,
        statistic=None,
        extended_statistic="p99",
        unit="Count",
        datapoints_to_alarm=1,
        treat_missing_data=None,
        low_samples=LowSamples.IGNORE,
    )
    trigger = message(metric_notice(alarm(given), NO_DATA))["Trigger"]
    assert list(trigger) == [
        "MetricName",
        "Namespace",
        "StatisticType",
        "ExtendedStatistic",
        "Unit",
        "Dimensions",
        "Period",
        "EvaluationPeriods",
        "DatapointsToAlarm",
        "ComparisonOperator",
        "Threshold",
        "TreatMissingData",
        "EvaluateLowSampleCountPercentile",
    ]
    assert (trigger["StatisticType"], trigger["ExtendedStatistic"]) == ("ExtendedStatistic", "p99")
    assert (trigger["Unit"], trigger["DatapointsToAlarm"], trigger["TreatMissingData"]) == ("Count", 1, "")
    assert trigger["EvaluateLowSampleCountPercentile"] == "ignore"


def test_an_alarm_on_an_expression_names_its_metrics() -> None:
    sent = AlarmQuery(
        "m1",
        returns_data=False,
        namespace="AWS/SES",
        metric_name="Send",
        dimensions=(("campaign", "spring"),),
        statistic="Sum",
        period=300,
        label="sent",
    )
    rate = AlarmQuery("e1", returns_data=True, expression="FILL(m1,0)", label="rate")
    math = msgspec.structs.replace(
        QUEUE, namespace="", metric_name="", dimensions=(), statistic=None, period=300, queries=(sent, rate)
    )
    notice = metric_notice(alarm(math), NO_DATA)
    text = in_words(notice)
    assert "- Metric m1:                  AWS/SES Send [campaign = spring], Sum\n" in text
    assert "- Expression e1:              FILL(m1,0)\n" in text
    trigger = message(notice)["Trigger"]
    assert trigger == {
        "Period": 300,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
        "Metrics": [
            {
                "Id": "m1",
                "Label": "sent",
                "MetricStat": {
                    "Metric": {
                        "Dimensions": [{"value": "spring", "name": "campaign"}],
                        "MetricName": "Send",
                        "Namespace": "AWS/SES",
                    },
                    "Period": 300,
                    "Stat": "Sum",
                },
                "ReturnData": False,
            },
            {"Expression": "FILL(m1,0)", "Id": "e1", "Label": "rate", "ReturnData": True},
        ],
    }
    assert list(trigger) == [
        "Period",
        "EvaluationPeriods",
        "ComparisonOperator",
        "Threshold",
        "TreatMissingData",
        "EvaluateLowSampleCountPercentile",
        "Metrics",
    ]


def test_a_metric_given_as_a_list_of_one_is_told_as_a_list_of_one() -> None:
    trigger = message(metric_notice(alarm(msgspec.structs.replace(QUEUE, metric_id="m1")), NO_DATA))[
        "Trigger"
    ]
    assert "MetricName" not in trigger
    [metric] = trigger["Metrics"]
    assert (metric["Id"], metric["ReturnData"], metric["MetricStat"]["Stat"]) == ("m1", True, "Sum")


def test_a_composite_alarms_message_is_the_recorded_one() -> None:
    rule = 'ALARM("errors") OR ALARM("rate")'
    child = "arn:aws:cloudwatch:eu-west-1:123456789000:alarm:errors"
    at = "2025-08-13T08:08:23.374+0000"
    data = json.dumps({"triggeringAlarms": [{"arn": child, "state": {"value": "ALARM", "timestamp": at}}]})
    reason = f"{child} transitioned to ALARM at Wednesday 13 August, 2025 08:08:23 UTC"
    state = State(StateValue.ALARM, reason, data, CHANGED, CHANGED)
    configuration = CompositeConfiguration(
        "both", rule, parse(rule, arn_prefix(IRELAND)), description="Test", alarm_actions=(TOPIC,)
    )
    composite = CompositeAlarm(IRELAND, configuration, True, 0, state, 1)
    old = State(StateValue.OK, "", None, 0, 0)
    notice = composite_notice(composite, old)
    recorded = {
        "AlarmName": "both",
        "AlarmDescription": "Test",
        "AWSAccountId": "123456789000",
        "NewStateValue": "ALARM",
        "NewStateReason": reason,
        "StateChangeTime": at,
        "Region": "EU (Ireland)",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789000:alarm:both",
        "OKActions": [],
        "AlarmActions": [TOPIC],
        "InsufficientDataActions": [],
        "OldStateValue": "OK",
        "AlarmRule": rule,
        "TriggeringChildren": [{"Arn": child, "State": {"Value": "ALARM", "Timestamp": at}}],
    }
    assert notice.message == json.dumps(recorded, separators=(",", ":"))
    assert notice.alarm_type is AlarmType.COMPOSITE
    assert f"Alarm Rule:\n- {rule}\n" in in_words(notice)
    assert f"- {child}: ALARM\n" in in_words(notice)


def test_a_composite_set_by_hand_has_no_triggering_children_whatever_its_data_say() -> None:
    configuration = CompositeConfiguration("c", "TRUE", parse("TRUE", arn_prefix(IRELAND)))
    for data in (
        None,
        "[]",
        "7",
        '{"triggeringAlarms": 1}',
        '{"triggeringAlarms": [1, {"arn": 2}, {"arn": "a"}]}',
    ):
        state = State(StateValue.OK, "a drill", data, CHANGED, CHANGED)
        composite = CompositeAlarm(IRELAND, configuration, True, 0, state, 1)
        assert message(composite_notice(composite, NO_DATA))["TriggeringChildren"] == []


def test_what_a_mute_rule_kept_back_says_so() -> None:
    assert message(metric_notice(alarm(), NO_DATA, after_mute=True))["ActionExecutedAfterMuteWindow"] is True
    assert "ActionExecutedAfterMuteWindow" not in message(metric_notice(alarm(), NO_DATA))


def test_a_subject_is_what_a_topic_takes() -> None:
    long = metric_notice(alarm(msgspec.structs.replace(QUEUE, name="n" * 255)), NO_DATA).subject
    assert len(long) == 100
    assert long.startswith('ALARM: "nnn')
    odd = metric_notice(alarm(msgspec.structs.replace(QUEUE, name="Zürich\nup")), NO_DATA).subject
    assert odd == 'ALARM: "Z?rich?up" in EU (Ireland)'


def test_regions_are_called_by_their_names_and_unknown_ones_as_they_are_written() -> None:
    for region, name in (
        ("us-east-1", "US East (N. Virginia)"),
        ("ap-southeast-2", "Asia Pacific (Sydney)"),
        ("eu-central-2", "Europe (Zurich)"),
        ("xx-moon-1", "xx-moon-1"),
    ):
        notice = metric_notice(alarm(scope=Scope("123456789000", region)), NO_DATA)
        assert message(notice)["Region"] == name


def test_the_words_for_people_say_what_happened_and_name_no_other_company() -> None:
    text = in_words(metric_notice(alarm(), NO_DATA))
    assert text.startswith(
        'You are receiving this email because your alarm "Dataplatform_DeadLetterQueue" in the EU (Ireland) region has '
        f'entered the ALARM state, because "{REASON}" at "Wednesday 13 August, 2025 08:08:23 UTC".\n'
    )
    assert "- State Change:               INSUFFICIENT_DATA -> ALARM\n" in text
    assert (
        "- The alarm is in the ALARM state when the metric is greater than or equal to 1.0 for at least 1 of the last 1 "
        "period(s) of 60 seconds.\n"
    ) in text
    assert f"- ALARM: [{TOPIC}]\n" in text
    assert "Amazon" not in text
