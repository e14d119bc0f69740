"""How every operation of CloudWatch and STS is called over the wire, and how it fails."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.server.wire import ANYTHING, LOOKED_UP, Call, Fails, Operation, Table, Works

_NOW = datetime.now(UTC)
_BETWEEN = {"StartTime": _NOW - timedelta(hours=1), "EndTime": _NOW + timedelta(hours=1)}
_ORDERS = {"Namespace": "Shop", "MetricName": "Orders"}
_DATUM = {"Namespace": "Shop", "MetricData": [{"MetricName": "Orders", "Value": 3.0}]}
_PUT = Call("cloudwatch.PutMetricData", _DATUM)
_ALARM = {
    "AlarmName": "busy",
    **_ORDERS,
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
_MADE = Call("cloudwatch.PutMetricAlarm", _ALARM)
_NAMED: dict[str, Any] = {"AlarmNames": ["busy"]}
_LOOK = Call("cloudwatch.DescribeAlarms", _NAMED)
_ARN = "arn:aws:cloudwatch:us-east-1:(account):alarm:busy"
_TAG = {"Key": "team", "Value": "shop"}
_STATISTICS: dict[str, Any] = {**_ORDERS, **_BETWEEN, "Period": 60, "Statistics": ["Sum"]}
_QUERY = {"Id": "orders", "MetricStat": {"Metric": _ORDERS, "Period": 60, "Stat": "Sum"}}
_NO_TOKEN = {"NextToken": "not a token"}
_ONE_CODE = "It has the code of another error, by which botocore names it: ResourceNotFound."
_CONFLICT = "Tags of an alarm are put and removed in one step: there is nothing to be in conflict with."


_RULE = {"AlarmName": "very busy", "AlarmRule": "ALARM(busy) AND NOT ALARM(quiet)"}
_QUIET = Call("cloudwatch.PutMetricAlarm", {**_ALARM, "AlarmName": "quiet"})
_COMPOSED = Call("cloudwatch.PutCompositeAlarm", _RULE)
_COMPOSITES: dict[str, Any] = {"AlarmTypes": ["CompositeAlarm"]}
_LOOK_AT_COMPOSITES = Call("cloudwatch.DescribeAlarms", _COMPOSITES)
_ALARMED = Call(
    "cloudwatch.SetAlarmState", {"AlarmName": "busy", "StateValue": "ALARM", "StateReason": "by hand"}
)


def _alarm(**expected: Any) -> tuple[Call, Any]:
    return _LOOK, {"MetricAlarms": [expected]}


_ALARMS: Table = {
    "cloudwatch.PutMetricAlarm": Operation(
        Works(_ALARM, then=[_alarm(**_ALARM, StateValue=str)]),
        LimitExceededFault="There is no limit on the number of alarms.",
    ),
    "cloudwatch.PutCompositeAlarm": Operation(
        Works(
            _RULE,
            given=[_MADE, _QUIET],
            then=[(_LOOK_AT_COMPOSITES, {"CompositeAlarms": [{**_RULE, "StateValue": "OK"}]})],
        ),
        Works(
            _RULE,
            given=[_MADE, _QUIET, _ALARMED],
            then=[
                (_LOOK_AT_COMPOSITES, {"CompositeAlarms": [{"StateValue": "ALARM", "StateReasonData": str}]}),
                (
                    Call("cloudwatch.DescribeAlarms", {"ChildrenOfAlarmName": "very busy"}),
                    {"MetricAlarms": [{"AlarmName": "busy", "StateValue": "ALARM"}, {"AlarmName": "quiet"}]},
                ),
                (
                    Call("cloudwatch.DescribeAlarms", {"ParentsOfAlarmName": "busy"}),
                    {"CompositeAlarms": [{"AlarmName": "very busy", "AlarmArn": str}]},
                ),
            ],
        ),
        LimitExceededFault="An alarm would have to be in 150 composites: see ``test_composite_alarms``.",
    ),
    "cloudwatch.DescribeAlarms": Operation(
        Works(_NAMED, {"MetricAlarms": [_ALARM], "CompositeAlarms": []}, [_MADE]),
        Works(
            {"AlarmTypes": ["CompositeAlarm", "MetricAlarm"]},
            {"CompositeAlarms": [_RULE], "MetricAlarms": [{"AlarmName": "busy"}, {"AlarmName": "quiet"}]},
            [_MADE, _QUIET, _COMPOSED],
        ),
        InvalidNextToken=Fails(_NO_TOKEN),
    ),
    "cloudwatch.DescribeAlarmsForMetric": Operation(
        Works(_ORDERS, {"MetricAlarms": [{"AlarmName": "busy"}]}, [_MADE]),
    ),
    "cloudwatch.DescribeAlarmHistory": Operation(
        Works(
            {"AlarmName": "busy", "HistoryItemType": "ConfigurationUpdate"},
            {"AlarmHistoryItems": [{"AlarmName": "busy", "HistorySummary": str}]},
            [_MADE],
        ),
        InvalidNextToken=Fails(_NO_TOKEN),
    ),
    "cloudwatch.DescribeAlarmContributors": Operation(
        Works({"AlarmName": "busy"}, {"AlarmContributors": []}, [_MADE]),
        InvalidNextToken=Fails({"AlarmName": "busy", **_NO_TOKEN}, [_MADE]),
        ResourceNotFoundException=Fails({"AlarmName": "missing"}),
    ),
    "cloudwatch.SetAlarmState": Operation(
        Works(
            {"AlarmName": "busy", "StateValue": "ALARM", "StateReason": "by hand"},
            given=[_MADE],
            then=[_alarm(StateValue="ALARM", StateReason="by hand")],
        ),
        ResourceNotFound=Fails({"AlarmName": "missing", "StateValue": "OK", "StateReason": "by hand"}),
        InvalidFormatFault=Fails(
            {"AlarmName": "busy", "StateValue": "OK", "StateReason": "x", "StateReasonData": "no JSON"},
            [_MADE],
        ),
    ),
    "cloudwatch.DisableAlarmActions": Operation(
        Works(_NAMED, given=[_MADE], then=[_alarm(ActionsEnabled=False)]),
    ),
    "cloudwatch.EnableAlarmActions": Operation(
        Works(
            _NAMED,
            given=[Call("cloudwatch.PutMetricAlarm", {**_ALARM, "ActionsEnabled": False})],
            then=[_alarm(ActionsEnabled=True)],
        ),
    ),
    "cloudwatch.DeleteAlarms": Operation(
        Works({"AlarmNames": ["busy", "missing"]}, given=[_MADE], then=[(_LOOK, {"MetricAlarms": []})]),
        ResourceNotFound="Names that are not there are passed over.",
    ),
    "cloudwatch.TagResource": Operation(
        Works(
            {"ResourceARN": _ARN, "Tags": [_TAG]},
            given=[_MADE],
            then=[(Call("cloudwatch.ListTagsForResource", {"ResourceARN": _ARN}), {"Tags": [_TAG]})],
        ),
        InvalidParameterValueException=Fails(
            {"ResourceARN": _ARN, "Tags": [{"Key": "aws:x", "Value": "x"}]}, [_MADE]
        ),
        ResourceNotFoundException=Fails({"ResourceARN": _ARN, "Tags": [_TAG]}),
        ConflictException=_CONFLICT,
    ),
    "cloudwatch.UntagResource": Operation(
        Works(
            {"ResourceARN": _ARN, "TagKeys": ["team"]},
            given=[_MADE, Call("cloudwatch.TagResource", {"ResourceARN": _ARN, "Tags": [_TAG]})],
            then=[(Call("cloudwatch.ListTagsForResource", {"ResourceARN": _ARN}), {"Tags": []})],
        ),
        InvalidParameterValueException=ANYTHING,
        ResourceNotFoundException=Fails({"ResourceARN": _ARN, "TagKeys": ["team"]}),
        ConflictException=_CONFLICT,
    ),
    "cloudwatch.ListTagsForResource": Operation(
        Works(
            {"ResourceARN": _ARN},
            {"Tags": [_TAG]},
            [Call("cloudwatch.PutMetricAlarm", {**_ALARM, "Tags": [_TAG]})],
        ),
        InvalidParameterValueException=ANYTHING,
        ResourceNotFoundException="An alarm that is not there has no tags, as AWS answers it.",
    ),
}

_NIGHTLY = {
    "Name": "nightly",
    "Rule": {"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT4H", "Timezone": "Europe/Berlin"}},
    "MuteTargets": {"AlarmNames": ["busy"]},
    "StartDate": datetime(2026, 1, 1, tzinfo=UTC),
}
_MUTE_RULE = Call("cloudwatch.PutAlarmMuteRule", _NIGHTLY)
_RULE_ARN = "arn:aws:cloudwatch:us-east-1:(account):alarm-mute-rule:nightly"
_SHOW_RULE = Call("cloudwatch.GetAlarmMuteRule", {"AlarmMuteRuleName": "nightly"})

_MUTE_RULES: Table = {
    "cloudwatch.PutAlarmMuteRule": Operation(
        Works(
            {**_NIGHTLY, "Tags": [_TAG]},
            then=[
                (_SHOW_RULE, {**_NIGHTLY, "MuteType": "RECURRING"}),
                (Call("cloudwatch.ListTagsForResource", {"ResourceARN": _RULE_ARN}), {"Tags": [_TAG]}),
            ],
        ),
        LimitExceededFault="There is no limit on the number of mute rules.",
    ),
    "cloudwatch.GetAlarmMuteRule": Operation(
        Works(
            {"AlarmMuteRuleName": "nightly"},
            {**_NIGHTLY, "AlarmMuteRuleArn": _RULE_ARN},
            [_MUTE_RULE],
        ),
        ResourceNotFoundException=Fails({"AlarmMuteRuleName": "missing"}),
    ),
    "cloudwatch.ListAlarmMuteRules": Operation(
        Works(
            {"AlarmName": "busy", "Statuses": ["SCHEDULED", "ACTIVE"]},
            {"AlarmMuteRuleSummaries": [{"AlarmMuteRuleArn": str, "Status": str, "MuteType": "RECURRING"}]},
            [_MUTE_RULE],
        ),
        InvalidNextToken=Fails(_NO_TOKEN),
        ResourceNotFoundException="An alarm that is not there has no mute rules.",
    ),
    "cloudwatch.DeleteAlarmMuteRule": Operation(
        Works(
            {"AlarmMuteRuleName": "nightly"},
            given=[_MUTE_RULE],
            then=[(Call("cloudwatch.ListAlarmMuteRules"), {"AlarmMuteRuleSummaries": []})],
        ),
    ),
}

_BODY = '{"widgets": [{"type": "text", "properties": {"markdown": "Hello"}}]}'
_DASHBOARD = {"DashboardName": "mail", "DashboardBody": _BODY}

_DASHBOARDS: Table = {
    "cloudwatch.PutDashboard": Operation(
        Works(
            _DASHBOARD,
            {"DashboardValidationMessages": []},
            then=[(Call("cloudwatch.GetDashboard", {"DashboardName": "mail"}), {"DashboardBody": _BODY})],
        ),
        DashboardInvalidInputError=Fails(
            {"DashboardName": "mail", "DashboardBody": '{"widgets": {}}'}, text="there is 1 validation error"
        ),
    ),
    "cloudwatch.GetDashboard": Operation(
        Works(
            {"DashboardName": "mail"},
            {"DashboardName": "mail"},
            [Call("cloudwatch.PutDashboard", _DASHBOARD)],
        ),
        DashboardNotFoundError=_ONE_CODE,
        InvalidParameterValueException=Fails({"DashboardName": "no/where"}),
    ),
    "cloudwatch.ListDashboards": Operation(
        Works(
            {"DashboardNamePrefix": "ma"},
            {"DashboardEntries": [{"DashboardName": "mail", "Size": len(_BODY)}]},
            [Call("cloudwatch.PutDashboard", _DASHBOARD)],
        ),
        InvalidParameterValueException=LOOKED_UP,
    ),
    "cloudwatch.DeleteDashboards": Operation(
        Works(
            {"DashboardNames": ["mail"]},
            given=[Call("cloudwatch.PutDashboard", _DASHBOARD)],
            then=[(Call("cloudwatch.ListDashboards"), {"DashboardEntries": []})],
        ),
        InvalidParameterValueException=Fails({"DashboardNames": []}),
    ),
}

_DATA: Table = {
    "cloudwatch.PutMetricData": Operation(
        Works(
            _DATUM,
            then=[
                (
                    Call("cloudwatch.GetMetricStatistics", _STATISTICS),
                    {"Datapoints": [{"Sum": 3.0, "Unit": "None"}]},
                )
            ],
        ),
        InvalidParameterValueException=Fails({**_DATUM, "Namespace": "AWS/SES"}),
        MissingRequiredParameterException=Fails(
            {"Namespace": "Shop", "MetricData": [{"MetricName": "Orders"}]}, text="Value is required"
        ),
        InvalidParameterCombinationException=Fails(
            {"Namespace": "Shop", "MetricData": [{"MetricName": "Orders", "Value": 1.0, "Values": [1.0]}]},
            text="mutually exclusive",
        ),
    ),
    "cloudwatch.GetMetricStatistics": Operation(
        Works(_STATISTICS, {"Label": "Orders", "Datapoints": [{"Sum": 3.0}]}, [_PUT]),
        InvalidParameterValueException=Fails({**_STATISTICS, "Period": 7}),
        MissingRequiredParameterException=Fails(
            {**_ORDERS, **_BETWEEN, "Statistics": ["Sum"]}, text="Period is required", unchecked=True
        ),
        InvalidParameterCombinationException=Fails({**_STATISTICS, "ExtendedStatistics": ["p90"]}),
    ),
    "cloudwatch.GetMetricData": Operation(
        Works(
            {"MetricDataQueries": [_QUERY], **_BETWEEN},
            {"MetricDataResults": [{"Id": "orders", "Values": [3.0], "StatusCode": "Complete"}]},
            [_PUT],
        ),
        InvalidNextToken=Fails({"MetricDataQueries": [_QUERY], **_BETWEEN, **_NO_TOKEN}),
    ),
    "cloudwatch.GetMetricWidgetImage": Operation(
        Works({"MetricWidget": '{"metrics": [["Shop", "Orders"]], "width": 200, "height": 100}'}, then=[]),
    ),
    "cloudwatch.ListMetrics": Operation(
        Works({"Namespace": "Shop"}, {"Metrics": [{**_ORDERS, "Dimensions": []}]}, [_PUT]),
        InvalidParameterValueException=Fails(_NO_TOKEN, text="NextToken"),
    ),
    "sts.GetCallerIdentity": Operation(
        Works(answer={"Account": "(account)", "Arn": "arn:aws:iam::(account):root"}),
    ),
}

CLOUDWATCH: Table = {**_ALARMS, **_MUTE_RULES, **_DASHBOARDS, **_DATA}
