"""What the models forbid is found, and said in AWS's sentences."""

from typing import Any

import pytest

from mailgauge.aws.models import Models
from mailgauge.aws.validate import message, violations

MODELS = Models()


def said(service: str, operation: str, params: dict[str, Any]) -> str:
    model = MODELS.load(service).operation(operation)
    assert model is not None
    return message(violations(model.input_shape, params))


ALARM_STATE = {"AlarmName": "a", "StateReason": "r"}
DATUM = {"MetricName": "m", "Value": 1.0}


@pytest.mark.parametrize(
    ("service", "operation", "params", "sentence"),
    [
        (
            "cloudwatch",
            "SetAlarmState",
            {**ALARM_STATE, "StateValue": "bogus"},
            (
                "Value 'bogus' at 'stateValue' failed to satisfy constraint: "
                "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
            ),
        ),
        (
            "cloudwatch",
            "SetAlarmState",
            {"AlarmName": "a", "StateValue": "OK"},
            "Value null at 'stateReason' failed to satisfy constraint: Member must not be null",
        ),
        (
            "cloudwatch",
            "PutMetricData",
            {"Namespace": "N", "MetricData": [DATUM, {**DATUM, "Dimensions": [{"Name": "a", "Value": ""}]}]},
            (
                "Value '' at 'metricData.2.member.dimensions.1.member.value' failed to satisfy constraint: "
                "Member must have length greater than or equal to 1"
            ),
        ),
        (
            "cloudwatch",
            "PutMetricData",
            {"Namespace": "N", "MetricData": [{**DATUM, "StorageResolution": 0}]},
            (
                "Value '0' at 'metricData.1.member.storageResolution' failed to satisfy constraint: "
                "Member must have value greater than or equal to 1"
            ),
        ),
        (
            "cloudwatch",
            "PutMetricData",
            {"Namespace": ":N", "MetricData": [DATUM]},
            (
                "Value ':N' at 'namespace' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [^:].*"
            ),
        ),
        (
            "cloudwatch",
            "DescribeAlarms",
            {"AlarmTypes": ["MetricAlarm", "Nope"]},
            (
                "Value '[MetricAlarm, Nope]' at 'alarmTypes' failed to satisfy constraint: Member must satisfy constraint: "
                "[Member must satisfy enum value set: [CompositeAlarm, MetricAlarm]]"
            ),
        ),
        (
            "ses",
            "SendEmail",
            {"Source": "a@b", "Destination": {}, "Message": {"Subject": {}, "Body": {}}},
            "Value null at 'message.subject.data' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_one_violation_is_said_as_aws_says_it(
    service: str, operation: str, params: dict[str, Any], sentence: str
) -> None:
    assert said(service, operation, params) == f"1 validation error detected: {sentence}"


def test_several_violations_are_counted_and_joined() -> None:
    text = said("cloudwatch", "SetAlarmState", {"StateValue": "OK"})
    assert text == (
        "2 validation errors detected: "
        "Value null at 'alarmName' failed to satisfy constraint: Member must not be null; "
        "Value null at 'stateReason' failed to satisfy constraint: Member must not be null"
    )


def test_values_can_be_left_out() -> None:
    model = MODELS.load("sesv2").operation("CreateEmailIdentity")
    assert model is not None
    found = violations(model.input_shape, {"EmailIdentity": ""})
    assert message(found, with_values=False).startswith(
        "1 validation error detected: Value at 'emailIdentity' failed"
    )


def test_secrets_are_never_printed() -> None:
    signing = {"DomainSigningSelector": "s", "DomainSigningPrivateKey": "not base64!"}
    params = {"EmailIdentity": "example.com", "DkimSigningAttributes": signing}
    text = said("sesv2", "CreateEmailIdentity", params)
    assert "Value at 'dkimSigningAttributes.domainSigningPrivateKey' failed" in text
    assert "not base64!" not in text


def test_good_parameters_have_no_violations() -> None:
    model = MODELS.load("cloudwatch").operation("PutMetricData")
    assert model is not None
    good = {
        "Namespace": "N",
        "MetricData": [{**DATUM, "Dimensions": [{"Name": "a", "Value": "b"}], "Unit": "Count"}],
    }
    assert violations(model.input_shape, good) == []


@pytest.mark.parametrize("service", ["ses", "sesv2", "cloudwatch", "sts", "sns"])
def test_every_operation_reports_exactly_its_missing_required_members(service: str) -> None:
    loaded = MODELS.load(service)
    for name in loaded.operation_names:
        model = loaded.operation(name)
        assert model is not None
        if model.input_shape is not None:
            missing = {violation.path for violation in violations(model.input_shape, {})}
            assert missing == {n[:1].lower() + n[1:] for n in model.input_shape.required_members}
